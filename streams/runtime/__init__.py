"""What every Faust app of ours shares: it loses nothing, acknowledges in order, and waits for what is away."""
