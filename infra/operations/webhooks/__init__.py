"""Other systems are told what happens, by signed requests that are sent until they are taken (ADR 40)."""
