"""recommend: the product over HTTP. Everything but the wiring is in ``shared``."""

from __future__ import annotations

import flask
import functions_framework
from werkzeug.wrappers import Response

from shared.bootstrap import ports
from shared.config import settings
from shared.models.bundle import Bundle
from shared.observability import set_up
from shared.serving.app import harden, respond
from shared.serving.kernels import programs
from shared.serving.service import Service
from shared.strategy.recommend import recommend as engine

chosen = settings()
set_up(chosen)
opened = ports(chosen)
service = Service(chosen, engine, lambda: opened.objects, Bundle.load, bus=lambda: opened.bus, programs=programs)
harden(flask.current_app, service)


@functions_framework.http
def recommend(request: flask.Request) -> Response:
    """Every route of the product. The first request, a start-up probe's as a rule, begins the warm-up."""
    service.begin()
    return respond(service, request)
