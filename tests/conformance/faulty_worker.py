"""A worker whose implementations crash, hang and give wrong numbers on purpose. Run by test_isolation as a process."""

import ctypes
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv[1])))
import worker


class Fault(worker.Function):
    """An implementation that does what its name says where the logit is 13, and else answers 0."""

    def find(self):
        return self.name

    def bind(self, function, request, through):
        def call(tensors):
            if 13.0 in tensors["logits"]:
                if function == "crash":
                    ctypes.string_at(0)
                if function == "hang":
                    time.sleep(600)
                if function == "chatter":
                    print("{not an answer}", flush=True)
            return tensors["logits"] * 0

        return call


FAULTS = {name: Fault("", name, {"logits": "x", "targets": "y"}) for name in ("crash", "hang", "chatter")}
worker.serve(lambda: worker.Session("numpy", FAULTS))
