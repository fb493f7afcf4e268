"""What runs on the function's side of the wall: launcher, supervisor, isolation. Standard library only, Python 3.9 and
later; never imports lambent (it is loaded under the name `_lambent_inside` by `launcher.py`)."""
