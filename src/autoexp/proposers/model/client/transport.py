"""What went wrong on the way, before or while a service answered: weather, or something to mend."""

import ssl
from collections.abc import Iterator

from autoexp.ports import AccessRefused, Unavailable
from autoexp.proposers.model.client.extra import load
from autoexp.proposers.model.client.request import BASE_URL_FIX, Request
from autoexp.proposers.model.client.values import Endpoint
from autoexp.proposers.model.client.words import shown

PROXY_FIX = "Look at the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."


def trouble(exc: Exception, *, request: Request, endpoint: Endpoint, begun: bool) -> Unavailable | AccessRefused:
    """Give what an exception of the HTTP library means; `begun` says whether the answer had begun."""
    words = shown(str(exc) or type(exc).__name__, key=endpoint.key.strip())
    where = request.where
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(exc)):
        return AccessRefused(
            f"the certificate of {where} does not verify: {words}",
            fix="Look at proposer.base_url; an authority of your own goes into the variable SSL_CERT_FILE.",
        )
    return _refused(exc, request, words) or _unavailable(exc, where, words, idle_s=endpoint.idle_s, begun=begun)


def no_certificates() -> ssl.SSLContext:
    """Give a context for plain HTTP, where no certificate is looked at: to load the authorities takes longer than a request."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _refused(exc: Exception, request: Request, words: str) -> AccessRefused | None:
    httpx2 = load("httpx2")
    if isinstance(exc, httpx2.InvalidURL | httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
        fix = BASE_URL_FIX if _is_bad(request.url) else PROXY_FIX
        return AccessRefused(f"the request to {request.where} cannot be sent: {words}", fix=fix)
    if isinstance(exc, httpx2.ProxyError):
        denied = words.startswith(("401", "403", "407"))
        return (
            AccessRefused(f"a proxy on the way to {request.where} refuses: {words}", fix=PROXY_FIX) if denied else None
        )
    if isinstance(exc, httpx2.HTTPError):
        return None
    if isinstance(exc, OSError):
        return AccessRefused(
            f"the certificates cannot be read: {words}", fix="Look at the variables SSL_CERT_FILE and SSL_CERT_DIR."
        )
    return AccessRefused(f"the way to {request.where} cannot be set up: {words}", fix=PROXY_FIX)


def _is_bad(url: str) -> bool:
    httpx2 = load("httpx2")
    try:
        httpx2.URL(url)
    except httpx2.InvalidURL:
        return True
    return False


def _unavailable(exc: Exception, where: str, words: str, *, idle_s: float, begun: bool) -> Unavailable:
    httpx2 = load("httpx2")
    if isinstance(exc, httpx2.ConnectTimeout):
        return Unavailable(f"{where} cannot be reached: no connection in time", kind="hang")
    if isinstance(exc, httpx2.TimeoutException):
        return Unavailable(f"{where} sent nothing for {idle_s:g} s (proposer.idle)", kind="hang")
    if isinstance(exc, httpx2.ConnectError | httpx2.ProxyError):
        return Unavailable(f"{where} cannot be reached: {words}", kind="reset")
    if begun and not isinstance(exc, httpx2.DecodingError):
        return Unavailable(f"{where} broke off in the middle of its answer: {words}", kind="cut")
    if isinstance(exc, httpx2.DecodingError) or (
        isinstance(exc, httpx2.RemoteProtocolError) and "disconnected" not in words
    ):
        return Unavailable(f"{where} sent what cannot be read: {words}", kind="malformed")
    return Unavailable(f"{where} closed the connection without an answer: {words}", kind="reset")


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield exc
        exc = exc.__cause__ or exc.__context__
