"""The lab: releases that are not installed here, each in an environment of its own."""
