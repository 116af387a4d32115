"""A lecture hall that is played: real faces in drawn seats, by a script that is also the truth.

script      who is where and when; reading reads it from a file
truth       what is true of every student and class hour
geometry    seats in perspective
poses       who sits how at a moment
people      whose faces: photos to enrol, others to play
heads       from photographs; bodies from paint; sprites lays them over the picture
backdrop    walls, doors and lamps; furniture stands before and behind people
scene       a frame; camera sends it, and mishaps are what goes wrong with a camera
recording   all of it as files
"""

from producers.simulated_hall.camera import SimulatedCamera
from producers.simulated_hall.expected import Expected, expected
from producers.simulated_hall.poses import boxes_at
from producers.simulated_hall.reading import load_script
from producers.simulated_hall.recording import Recording, write_recording
from producers.simulated_hall.scene import Scene
from producers.simulated_hall.script import Script

__all__ = [
    "Expected",
    "Recording",
    "Scene",
    "Script",
    "SimulatedCamera",
    "boxes_at",
    "expected",
    "load_script",
    "write_recording",
]
