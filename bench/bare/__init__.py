"""The web process with bare operations beside those of the API: the reference of `bench.api`.

`python -m bench.bare` serves, over the installation at SIYU_HOME and on its web port, the product's own addresses and
under ``/api/bare/`` the same reads by the plainest means that give the same JSON.
"""
