"""The demo's function: makes thumbnails with Pillow. An ordinary Lambda function that knows nothing of Lambent.

Runs inside the sandbox, under any Python from 3.9.
"""

import base64
import io
import os
import time
import uuid

from PIL import Image

BOOT = uuid.uuid4().hex  # made once, when the environment starts


def lambda_handler(event, context):
    """`{"image": base64, "width": pixels}` gives a PNG; `{"sleep": seconds}` who slept; `{"fail": text}` an error."""
    if "fail" in event:
        raise ValueError(event["fail"])
    if "sleep" in event:
        time.sleep(event["sleep"])
        return {
            "boot": BOOT,
            "log_stream": context.log_stream_name,
            "pid": os.getpid(),
            "pid_namespace": os.readlink("/proc/self/ns/pid"),
            "uid": os.getuid(),
        }
    picture = Image.open(io.BytesIO(base64.b64decode(event["image"])))
    original = list(picture.size)
    print(f"a {picture.format} of {picture.width} x {picture.height} pixels, request {context.aws_request_id}")
    picture.thumbnail((event["width"], event["width"]))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return {"original": original, "size": list(picture.size), "png": base64.b64encode(png.getvalue()).decode()}
