"""Simulations: class hours played in a simulated hall, looked at by a real engine, and compared with the truth.

film            what an engine sees in every frame of a script, and who it was
film_facts      a film as what is judged, without a broker in between
labelled_faces  faces whose people are known, of films and of photographs: what a calibration is fitted to
"""
