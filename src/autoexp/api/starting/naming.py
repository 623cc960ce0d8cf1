"""Names, units and directions, as people write them in goals and in the names of metrics."""

import re

_KNOWN: dict[str, tuple[str, str, str, str]] = {
    # what people write: (name of a metric that has none, direction, ends of names, words of a goal)
    "ns": ("time_ns", "lower", "ns", "nanoseconds?"),
    "us": ("time_us", "lower", "us|µs|μs", "microseconds?"),
    "ms": ("time_ms", "lower", "ms|msec|millis", "milliseconds?"),
    "s": ("time_s", "lower", "s|sec|secs|seconds", "seconds"),
    "min": ("time_min", "lower", "min|minutes", "minutes"),
    "B": ("size_bytes", "lower", "bytes", "bytes"),
    "KB": ("size_kb", "lower", "kb|kib", "kilobytes?"),
    "MB": ("size_mb", "lower", "mb|mib", "megabytes?"),
    "GB": ("size_gb", "lower", "gb|gib", "gigabytes?"),
    "USD": ("cost_usd", "lower", "usd", "dollars"),
    "ops/s": (
        "ops_per_s",
        "higher",
        "(?:ops|rows|requests|req|items|events|records)_per_s(?:ec)?",
        "operations per second",
    ),
    "req/s": ("requests_per_s", "higher", "rps|qps", "requests per second"),
    "MB/s": ("mb_per_s", "higher", "mb_per_s|mbps", "megabytes per second"),
}
_ALIASES = {
    "µs": "us",
    "μs": "us",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "bytes": "B",
    "kib": "KB",
    "mib": "MB",
    "gib": "GB",
}
_LOWER = re.compile(
    r"(?:^|[_.-])(?:time|latency|duration|elapsed|error|errors|err|loss|miss|misses|failed|failures|cost|size|bytes|mem|memory|rss|bpb|ppl|perplexity|"
    r"mse|mae|rmse|wer|cer|ns|us|µs|ms|s|sec|kb|mb|gb|tokens|lines|allocs|cycles|instructions|warnings|p50|p90|p95|p99)(?:$|[_.-])",
    re.IGNORECASE,
)
_HIGHER = re.compile(
    r"(?:^|[_.-])(?:accuracy|acc|score|scores|f1|auc|throughput|rps|qps|tps|fps|ips|ops|precision|recall|ndcg|ssim|psnr|snr|hit|hits|win|wins|"
    r"coverage|reward|speedup|bandwidth|passed|passrate|bleu|rouge|map|mrr|r2|quality|ratio|gflops|tflops|mfu)(?:$|[_.@-])|per_s(?:ec|econd)?$|/s$",
    re.IGNORECASE,
)
_SAID = re.compile(r"\b(?P<word>lower|smaller|less|fewer|higher|bigger|larger|more|greater) is better\b", re.IGNORECASE)
_VERBS = {
    "higher": re.compile(r"^\s*(?:maximi[sz]e|increase|raise|boost)\b", re.IGNORECASE),
    "lower": re.compile(r"^\s*(?:minimi[sz]e|reduce|decrease|lower|shrink|cut)\b", re.IGNORECASE),
}
_UPWARDS = frozenset({"higher", "bigger", "larger", "more", "greater"})


def name_for(unit: str) -> str:
    """Give the name of a metric that has only a unit; `value` where the unit says nothing."""
    known = _KNOWN.get(_plain(unit))
    if known:
        return known[0]
    if unit == "%":
        return "percent"
    return "value"


def unit_of(name: str) -> str:
    """Give the unit that the end of a metric's name tells; empty when it tells none."""
    for unit, (_, _, ends, _) in reversed(_KNOWN.items()):
        if re.search(rf"(?:^|[_.-])(?:{ends})$", name, re.IGNORECASE):
            return "" if unit == "s" and re.search(r"per_s(?:ec)?$", name, re.IGNORECASE) else unit
    return ""


def unit_in(goal: str) -> str:
    """Give the unit that a goal speaks of: "the result is in microseconds". Empty when it speaks of none, or of several."""
    found = [unit for unit, (*_, words) in _KNOWN.items() if re.search(rf"\bin (?:{words})\b", goal, re.IGNORECASE)]
    return found[0] if len(found) == 1 else ""


def direction_in(goal: str) -> str:
    """Give the direction that a goal says, in words such as "lower is better" or "maximise ..."; empty when it says none."""
    if said := _SAID.search(goal):
        return "higher" if said["word"].lower() in _UPWARDS else "lower"
    return next((direction for direction, verb in _VERBS.items() if verb.search(goal)), "")


def direction_of(name: str, unit: str = "") -> str:
    """Give the direction that a metric's name or unit suggests; empty when they suggest none."""
    if known := _KNOWN.get(_plain(unit or unit_of(name))):
        return known[1]
    if _HIGHER.search(name) and not re.search(r"error|miss|fail|loss", name, re.IGNORECASE):
        return "higher"
    return "lower" if _LOWER.search(name) else ""


def same_unit(one: str, other: str) -> bool:
    """Tell whether two texts name the same unit."""
    return _plain(one) == _plain(other)


def _plain(unit: str) -> str:
    known = {name.lower(): name for name in _KNOWN}
    return _ALIASES.get(unit.lower(), known.get(unit.lower(), unit))
