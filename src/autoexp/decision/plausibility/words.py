"""Words of a program that an honest change rarely adds. Odd ones count alone, and pairs of weak ones count together.

The table is about languages that harnesses are driven in: Python first, then C, shell, JavaScript, Ruby, Go, Rust and Java.
It is no wall: whoever wants to get past it can. It tells a person, or a holdout, where to look.
"""

import re
from typing import NamedTuple


class Words:
    """Patterns to look for, each in one line; those of which no literal part stands in a text are not tried on it."""

    def __init__(self, *patterns: str) -> None:
        """Take patterns as they are written for `re`."""
        self._patterns = [(_literals(pattern), re.compile(pattern, re.MULTILINE)) for pattern in patterns]

    def among(self, text: str) -> "Words":
        """Give those that may be found in the lines of a text."""
        some = Words()
        some._patterns = [one for one in self._patterns if _may_hold(one[0], text) and one[1].search(text)]
        return some

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self._patterns)

    def find(self, text: str) -> str:
        """Give the first words found, without blanks around them; empty when there are none."""
        for literals, pattern in self._patterns:
            if _may_hold(literals, text) and (found := pattern.search(text)):
                return found[0].strip()
        return ""


class Oddity(NamedTuple):
    """What a line does, said so that the words seen can follow, and the words."""

    does: str
    words: Words


class Pair(NamedTuple):
    """Two weak words of one file that count together."""

    does: str
    one: Words
    other: Words


_NOT_LITERAL = re.compile(r"\\\\|\\.|\[\^?\]?[^\]]*\]|\{[\d,]*\}|\(\?<?[:=!]|.[?*]|[^\w\s]", re.DOTALL)


def _literals(pattern: str) -> frozenset[str]:
    """Give parts of a pattern of which each match holds at least one; none where the pattern has no such parts."""
    return frozenset(re.findall(r"\w{3,}|__", _NOT_LITERAL.sub(" ", pattern)))


def _may_hold(literals: frozenset[str], text: str) -> bool:
    return not literals or any(literal in text for literal in literals)


def _imports(modules: str) -> str:
    return rf"(?:^|[;:])\s*import\s+(?:[\w. ]{{1,60}},\s*){{0,9}}(?:{modules})\b|\bfrom\s+(?:{modules})(?:\.\w+)?\s+import\b"


def _of(module: str, names: str) -> str:
    return rf"(?<![\w.]){module}\s*\.\s*(?:{names})"


_CLOCK = Words(
    _imports("time|timeit|freezegun|time_machine"),
    r"\b(?:perf_counter|process_time|thread_time|monotonic|time)_ns\b",
    r"\b(?:perf_counter|process_time|thread_time|getrusage|clock_[gs]ettime(?:_ns)?|gettimeofday|settimeofday)\b",
    _of("time", r"time\b|monotonic\b|sleep\b|Now\b|Since\b|strftime\b|localtime\b|gmtime\b"),
    r"\b(?:datetime|date|Timestamp)\s*\.\s*(?:now|utcnow|today)\s*\(",
    r"\bCLOCK_[A-Z_]{3,}\b|\bRUSAGE_\w+|\btime\s*\(\s*(?:NULL|nullptr|0)\s*\)|(?<![\w.])clock\s*\(\s*\)|\b__?rdtscp?\b",
    r"\bstd\s*::\s*chrono\b|\b(?:steady|system|high_resolution)_clock\b|\bmach_absolute_time\b|\bQueryPerformance\w+",
    r"\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bperformance\s*\.\s*(?:now|mark|timeOrigin)\b|\bhrtime\b|\bperf_hooks\b",
    r"\b(?:Instant|SystemTime)\s*::\s*now\b|\bnanoTime\b|\bcurrentTimeMillis\b|\bTime\s*\.\s*now\b|\bTimecop\b",
    r"\bfreeze_?gun\b|\bfreeze_time\b|\blibfaketime\b|\bFAKETIME\w*|\bEPOCHREALTIME\b|\bEPOCHSECONDS\b|\bdate\s+[\"']?\+%",
)
_FRAMES = Words(
    r"\b_getframe\b|\b_current_frames\b|\bcurrentframe\b|\bf_(?:back|locals|globals|code|builtins)\b|\b(?:tb|gi|cr)_frame\b",
    _of("inspect", r"stack\b|trace\b|getouterframes\b|getinnerframes\b"),
    r"\b(?:extract|walk)_stack\b",
    r"\bset(?:trace|profile)\b|\bsys\s*\.\s*monitoring\b|\b(?:captureStackTrace|prepareStackTrace|caller_locations)\b",
    r"\bTracePoint\b|\bset_trace_func\b|\bbinding\s*\.\s*of_caller\b|\bruntime\s*\.\s*Callers?\b",
    r"\b__(?:globals|code|closure|subclasses)__\b|\bcell_contents\b",
)
_COLLECTOR = Words(
    _imports("gc"),
    _of("gc", r"get_\w+|(?:dis|en)able\b|(?:un)?freeze\b|collect\b|set_\w+|callbacks\b|is_tracked\b|is_finalized\b"),
    r"\bObjectSpace\b|\bGC\s*\.\s*(?:disable|enable|start|stress)\b|\bglobal\s*\.\s*gc\b",
)
_FOREIGN = Words(
    r"\bctypes\b|\bcffi\b|\bCDLL\b|\bPyDLL\b|\bdlopen\b|\bdlsym\b|\bmprotect\b|\bFFI\s*\(|\bFiddle\b|\bgo:linkname\b"
)
_AT_THE_END = Words(
    r"\batexit\b|\bat_exit\b|\bat_quick_exit\b|\bon_exit\b|\b__del__\b|\bweakref\s*\.\s*finalize\b|\b_register_atexit\b",
    r"\b(?:excepthook|unraisablehook|displayhook|addaudithook|breakpointhook)\b",
    r"\bprocess\s*\.\s*(?:on|once|addListener)\s*\(\s*[\"'](?:exit|beforeExit|SIG)",
    r"\btrap\s+.{1,200}\b(?:EXIT|DEBUG|RETURN|ERR)\b|__attribute__\s*\(\(\s*(?:con|de)structor|\baddShutdownHook\b",
)
_EXIT = Words(
    r"(?<!\w)_[Ee]xit\b|\bquick_exit\b|\bos\s*\.\s*abort\b|\bos\s*\.\s*exec[lv]\w*|\bexit!|\breallyExit\b|\.halt\s*\("
)
_SIGNALS = Words(
    _imports("signal"),
    _of("signal", r"signal\b|alarm\b|setitimer\b|raise_signal\b|pthread_kill\b|SIG\w+|Notify\b"),
    r"\bSIG(?:ALRM|KILL|STOP|CONT|TERM|INT|HUP|CHLD|PROF|USR[12])\b|\bkillpg\b|\bpkill\b|\bkillall\b|\bsigaction\b",
    r"\b(?:os|process|syscall|unix|Process)\s*\.\s*[kK]ill\b|(?:^|[;&|]\s*)kill\s+-|(?<![\w.])kill\s*\(",
)
_MODULES = Words(
    _imports("builtins|__main__"),
    r"\bsys\s*\.\s*(?:modules|meta_path|path_hooks|path_importer_cache)\b|\bsys\s*\.\s*path\s*(?:\.\s*(?:insert|append|extend)|=|\[|\+)",
    r"\b__builtins__\b|\bbuiltins\s*\.\s*\w+\s*=|\bimportlib\s*\.\s*reload\b|\bSourceFileLoader\b|\bspec_from_file_location\b",
    r"\bsys\s*\.\s*(?:std(?:out|err|in)|__std\w+__|exit|argv|path)\s*=(?!=)|\brequire\s*\.\s*cache\b|\bModule\s*\.\s*_\w+",
    r"\b(?:unittest\s*\.\s*)?mock\s*\.\s*patch\b|\bmonkeypatch\b",
    r"\b(?:sys|time|math|json|random|subprocess)\s*\.\s*\w+\s*=\s*(?:lambda\b|\w+\s*(?:$|;|#))",
    r"\bos\s*\.\s*\w+\s*=\s*\w",
)
_COMPARING = Words(
    r"\b__(?:eq|ne|lt|le|gt|ge|instancecheck|subclasscheck|getattribute|array_ufunc|array_function|array_priority|float|format|rsub|rtruediv)__\b",
    r"\boperator\s*(?:==|!=|<=>|<=?|>=?)\s*\(|\bdef\s+(?:==|<=>|equal\?|eql\?)|\btoPrimitive\b|\bvalueOf\s*[(=:]",
)
_OTHERS = Words(
    r"/proc/|\bptrace\b|\bprocess_vm_\w+|\bpidfd_\w+|/dev/(?:fd|shm|mem|kmsg|std\w+|tcp|udp|pts|tty)\b|\bpsutil\b",
    r"\bos\s*\.\s*dup2?\b|(?<![\w.])dup[23]\s*\(|\bfdopen\b|^\s*exec\s+\d?[<>]",
    r"\bgetppid\b|\bsched_setaffinity\b|\bsetpriority\b|\bos\s*\.\s*nice\b|\bperf_event_open\b|\bseccomp\b|\bprctl\b",
)
_LOADER = Words(
    r"\bLD_(?:PRELOAD|LIBRARY_PATH|AUDIT)\b|\bDYLD_\w+|\b(?:site|user)customize\b|\bconftest\b|\bPYTHON[A-Z]{3,}\b",
    r"\b(?:NODE_OPTIONS|NODE_PATH|RUBYOPT|RUBYLIB|PERL5OPT|PERL5LIB|BASH_ENV|JAVA_TOOL_OPTIONS|PYTEST_\w+|GIT_\w+)\b",
    r"\bpytest_\w+\b|\bsite-packages\b|\bimportlib\s*\.\s*metadata\b|\bentry_points\b|(?:^|\s)export\s+PATH=|\[[\"']PATH[\"']\]\s*\+?=",
)
_REPORTING = Words(
    r"\bMETRIC\s+[\w.@%µμ{$-]|\bMETRIC\s[\"'`]|[\"'`]METRIC\b|\bITEM\s+\S{1,200}=|[\"'`]ITEM\s|\bCOST\s+usd",
    r"\bAUTOEXP\w*|\bautoexp\b|\bharness_kit\b",
)
_DYNAMIC = Words(
    _imports("marshal|runpy|codeop|imp|posix|nt|_posixsubprocess"),
    r"(?<![\w.])(?<!def )(?<!func )(?<!function )(?:exec|eval|compile|execfile)\s*\(|\b__import__\b|\bFunctionType\b|\bCodeType\b|\bnew\s+Function\s*\(",
    r"\b(?:getattr|setattr|delattr|vars|dir)\s*\(\s*(?:os|sys|time|gc|builtins|inspect|signal|__builtins__|importlib)\b",
    r"\b(?:globals|locals)\s*\(\s*\)\s*(?:\[|\.)|\bmarshal\s*\.\s*loads?\b|\brunpy\b|\binstance_eval\b|\bclass_eval\b",
    r"\bimport_module\s*\(\s*[\"'](?:time|gc|ctypes|signal|atexit|builtins|inspect|os|sys|marshal|__main__)\b",
    r"[\"']__\{|\}__[\"']",
    r"(?:^|[;&|]\s*)eval\s+[\"'$]|\b(?:sys|os|time|gc)\s*\.\s*__dict__\b",
)
_HIDDEN = Words(
    r"(?:\\x[2-7][0-9a-fA-F]){4}|(?:\\1[0-7]{2}){4}",
    r"\b(?:bytes|bytearray|pack|fromCharCode|fromCodePoint)\s*\(\s*[\[(]?(?:\s{0,4}(?:6[5-9]|[78]\d|9[05-9]|1[01]\d|12[0-2])\s{0,4},){5}",
    r"[\"']\[\s?:\s?:\s?-1\s?\]",
    r"(?:\\u00[2-7][0-9a-fA-F]){4}",
    r"\\N\{LATIN (?:SMALL|CAPITAL) LETTER",
    r"\brot_?13\b|(?:\bchr\s*\(\s*\w+\s*\)[\s+,]*){3}|\bmap\s*\(\s*chr\b|\bchr\s*\(\s*\w+\s*\)\s+for\b|\bfromCharCode\b",
    r"^\s*#.{0,200}coding[:=]\s*(?!utf-?8\b|UTF-?8\b|ascii\b|us-ascii\b|latin-?1\b|iso-8859-1\b)[-\w.]",
    "[\u202a-\u202e\u2066-\u2069]",  # letters that turn the order of what is shown
)
_STAYING = Words(
    r"\bos\s*\.\s*(?:fork|forkpty|setsid|posix_spawn\w*)\b|\bstart_new_session\b|\bpreexec_fn\b|(?<![\w.])v?fork\s*\(|\bsetsid\b",
    r"\bnohup\b|\bdisown\b|\bdaemonize\b|\bcrontab\b|\bsystemd-run\b|\bProcess\s*\.\s*(?:daemon|detach)\b",
)
_PLACES = Words(
    r"(?:^|[\"'`\s=(>,:{])/(?:tmp|home|root|var|etc|run|sys|Users|private|opt|mnt|srv)/|(?:^|[\"'`\s=(>,])/tmp\b",
    r"\bopen\s*\(\s*[rbfuRBFU]{0,2}[\"']/|\bPath\s*\(\s*[\"']/[\w.]|\bgettempdir\w*\b|\btempfile\s*\.\s*tempdir\b|\bos\s*\.\s*tmpdir\b",
    r"\bexpanduser\b|\bPath\s*\.\s*home\b|\$\{?HOME\b|[\"']HOME[\"']|\bXDG_\w+|\bTMPDIR\b|\bhomedir\b",
    r"\bjoblib\s*\.\s*Memory\b|\bdiskcache\b|\bshelve\s*\.\s*open\b|\bdbm\s*\.\s*open\b",
    r"(?:^|[\"'`\s=(])~/",
)

ODD: tuple[Oddity, ...] = (
    Oddity("touches a clock", _CLOCK),
    Oddity("looks into other frames or functions", _FRAMES),
    Oddity("touches the garbage collector", _COLLECTOR),
    Oddity("calls foreign code", _FOREIGN),
    Oddity("acts when the process ends", _AT_THE_END),
    Oddity("ends the process at once", _EXIT),
    Oddity("sends or takes signals", _SIGNALS),
    Oddity("touches what others have imported", _MODULES),
    Oddity("overrides comparison", _COMPARING),
    Oddity("reaches for other processes", _OTHERS),
    Oddity("changes how programs start", _LOADER),
    Oddity("speaks to autoexp", _REPORTING),
    Oddity("runs code that is made while it runs", _DYNAMIC),
    Oddity("hides text", _HIDDEN),
    Oddity("starts what may outlive it", _STAYING),
    Oddity("reaches out of the tree", _PLACES),
)
"""Words that count alone."""

_DECODES = Words(
    r"\bbase64\b|\bb(?:64|32|85)decode\b|\batob\b|\bcodecs\b|\bfromhex\b|\bunhexlify\b|\bdecompress\b|\bchr\s*\(|\bBuffer\s*\.\s*from\b"
)
_LOOKS_UP = Words(r"\b(?:get|set)attr\s*\(|\bimportlib\b|\b__dict__\b|\bmethodcaller\b|\battrgetter\b|\bReflect\b")
_SETS = Words(r"\bsetattr\s*\(|\b__dict__\b|\bdefineProperty\b|\bdefine_method\b")
_IMPORTS = Words(r"\bimportlib\b|\bimport_module\b|\bgetmodule\b|\bconst_get\b")
_STARTS = Words(
    r"\bThread\s*\(|\bstd\s*::\s*thread\b|\bPopen\b|\bProcess\s*\(|\bspawn\w*\s*\(|\bchild_process\b", r"&\s*$"
)
_STAYS = Words(
    r"\bdaemon\b|\bsetDaemon\b|\bdetach\b|\bunref\s*\(|\bdetached\b|\bsocket\w*\b|\blisten\s*\(|\bwhile\s+(?:True|true|1|:)"
)
_LEAVES = Words(
    r"\b(?:sys|process)\s*\.\s*exit\s*\(\s*0?\s*\)|\bSystemExit\s*(?:\(\s*0?\s*\)|$)|(?<![\w.])(?:exit|quit)\s*\(\s*(?:0|EXIT_SUCCESS)?\s*\)",
    r"\bos\s*\.\s*Exit\s*\(\s*0|(?:^|[;&|]\s*)exit\s+0\b",
)
_SAYS = Words(
    r"\bprint\w*\s*\(|\bstdout\b|\bos\s*\.\s*write\b|\bconsole\s*\.\s*log\b|\bputs\b|\becho\b|\bfmt\s*\.\s*\w+|\bcout\b"
)
_ENVIRONMENT = Words(r"\benviron\b|\bgetenv\b|\bprocess\s*\.\s*env\b|\bLookupEnv\b")
_CALL = Words(r"\bargv\b|\bARGV\b|\bos\s*\.\s*Args\b|\bgethostname\b|\b__main__\b.{0,40}__file__|\borig_argv\b")
_ASKS = Words(r"\bif\b.{0,200}\b(?:orig_)?argv\b|\bif\b.{0,200}\bsys\s*\.\s*(?:modules|flags)\b|\borig_argv\b")

PAIRS: tuple[Pair, ...] = (
    Pair("looks up names that it decodes", _DECODES, _LOOKS_UP),
    Pair("sets parts of modules that it imports by name", _IMPORTS, _SETS),
    Pair("starts something that may stay", _STARTS, _STAYS),
    Pair("prints and leaves with success", _SAYS, _LEAVES),
    Pair("asks who runs it and leaves with success", _ENVIRONMENT, _LEAVES),
    Pair("asks who runs it and leaves with success", _ASKS, _LEAVES),
    Pair("asks who runs it", _ENVIRONMENT, _CALL),
)
"""Weak words that count only where both kinds are added to one file."""
