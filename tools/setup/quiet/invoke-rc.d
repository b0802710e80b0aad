#!/bin/sh
# Stands before the real command on PATH while npm start or npm test installs packages, so that
# no package starts a service of its own: tests start what they need, in private folders.
exit 0
