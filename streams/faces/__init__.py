"""Engines: a JPEG becomes faces, a face becomes an embedding. A plain library, no Kafka, no Faust.

engines      the registry: what engines there are, and loading one by name
builtin/     Naul's own, an engine a file: its id and weights; own_recipe: of the default; calibration/: their numbers
*_engine     what looks behind them
plugged      the engine that a file of the site describes; engine_file, described: that file; file_engine: what looks
engine       what an engine is: detect, embed, look; values: what it passes round
pictures     bytes to pixels, and every reason why not
centerface   the detector: boxes and five landmarks; yunet: another one
embedder     aligned faces to numbers, in an ONNX graph of any intake
dlib_net     dlib's face network, rewritten as an ONNX graph
alignment    five landmarks to an upright chip; intake: what a network wants to be given
runtime      how networks run here
weights      where the numbers come from, their checksums and licences, and the cache of what is made of them
quality      how good a face is to compare
calibration  what a similarity is worth as evidence
templates    photographs to a template, and templates against faces
portraits    the one face of a photograph, or why it is refused
cipher        embeddings and templates under lock and key
"""
