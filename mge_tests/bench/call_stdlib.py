"""Modules of the standard library with CPython's own tests: packages that need no network, and that nobody shaped the rules by.

Each group of modules is copied beside the others and imported from there, ahead of the interpreter's own. Needs CPython's ``test`` package.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from mge_tests.bench.call_corpora import HERE, Package, Row, Workshop

_LEFT = ("__pycache__", "idle_test")
_TESTS = {"test", "tests"}
_VERSION = ".".join(map(str, sys.version_info[:3]))


@dataclass(frozen=True, slots=True)
class Modules(Package):
    """Modules and packages of the standard library that belong together, and the test modules that run them."""

    modules: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()


def _group(name: str, modules: str, suites: str) -> Modules:
    return Modules(name, _VERSION, modules=tuple(modules.split()), suites=tuple(suites.split()))


GROUPS = (
    _group("std_json", "json", "test_json"),
    _group("std_email", "email", "test_email"),
    _group("std_logging", "logging", "test_logging"),
    _group("std_options", "argparse optparse getopt gettext configparser", "test_argparse test_optparse test_getopt test_configparser"),
    _group("std_asyncio", "asyncio", "test_asyncio"),
    _group("std_unittest", "unittest doctest", "test_unittest test_doctest"),
    _group("std_http", "http socketserver", "test_httplib test_http_cookies test_http_cookiejar test_httpservers"),
    _group("std_urllib", "urllib", "test_urllib test_urllib2 test_urlparse test_urllib_response test_robotparser test_urllib2_localnet"),
    _group("std_xml", "xml", "test_xml_etree test_minidom test_sax test_pulldom"),
    _group("std_xmlrpc", "xmlrpc", "test_xmlrpc test_docxmlrpc"),
    _group("std_tomllib", "tomllib", "test_tomllib"),
    _group("std_importlib", "importlib", "test_importlib"),
    _group("std_ast", "ast dis opcode inspect tokenize symtable", "test_ast test_unparse test_dis test_inspect test_tokenize test_symtable"),
    _group("std_text", "difflib textwrap string html pprint", "test_difflib test_textwrap test_string test_html test_htmlparser test_pprint"),
    _group("std_numbers", "fractions _pydecimal statistics numbers random colorsys", "test_fractions test_decimal test_statistics test_random test_colorsys"),
    _group("std_archives", "zipfile tarfile gzip bz2 lzma shutil", "test_zipfile test_tarfile test_gzip test_bz2 test_shutil"),
    _group("std_files", "pathlib tempfile glob fnmatch filecmp fileinput", "test_pathlib test_tempfile test_glob test_filecmp test_fileinput"),
    _group("std_dates", "datetime calendar zoneinfo _strptime", "test_datetime test_calendar test_zoneinfo test_strptime"),
    _group("std_pickle", "pickle pickletools shelve plistlib copy", "test_pickle test_pickletools test_shelve test_plistlib test_copy"),
    _group("std_mail", "mailbox smtplib imaplib poplib ftplib smtpd asynchat asyncore", "test_mailbox test_smtplib test_imaplib test_poplib test_ftplib"),
    _group("std_debug", "pdb bdb cmd code trace traceback profile pstats", "test_pdb test_bdb test_cmd test_trace test_traceback test_profile test_pstats"),
    _group("std_lib2to3", "lib2to3", "test_lib2to3"),
    _group("std_distutils", "distutils", "test_distutils"),
    _group("std_kinds", "collections dataclasses enum typing functools contextlib weakref abc", "test_collections test_dataclasses test_enum test_contextlib"),
    _group("std_network", "ipaddress selectors ssl socket uuid", "test_ipaddress test_selectors test_uuid"),
    _group("std_wsgiref", "wsgiref", "test_wsgiref"),
    _group("std_re", "re sre_compile", "test_re"),
    _group("std_io", "_pyio", "test_io test_memoryio"),
)  # fmt: skip


class StandardLibrary(Workshop):
    """A cache folder for the standard library's modules."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.python = self.python if self.python.exists() else Path(sys.executable)

    def open(self, package: Package) -> None:
        """Copy the modules."""
        assert isinstance(package, Modules)
        root, library = package.root(self.folder), Path(sysconfig.get_paths()["stdlib"])
        if root.is_dir():
            return
        root.mkdir(parents=True)
        for name in package.modules:
            if (library / name).is_dir():
                shutil.copytree(library / name, root / name, ignore=shutil.ignore_patterns(*_LEFT))
            else:
                shutil.copy(library / f"{name}.py", root)

    def executed(self, package: Package, minutes: int = 8) -> list[Row]:
        """As for packages; the suites are run by the standard library's own runner, and what lies in the modules' own tests is left out."""
        assert isinstance(package, Modules)
        self.open(package)
        out = self.folder / f"{package.name}-{package.version}.calls.json"
        root = package.root(self.folder)
        if not out.exists():
            scratch = self.folder / "scratch"
            scratch.mkdir(exist_ok=True)
            variables = {"PYTHONPATH": os.pathsep.join([str(root), str(HERE)]), "MGE_TRACE_ROOT": str(root), "MGE_TRACE_OUT": str(out)}
            runner = [str(self.python), str(HERE / "dependency_suites.py"), str(60 * minutes), *package.suites]
            subprocess.run(runner, cwd=scratch, env={**os.environ, **variables}, capture_output=True, check=False, timeout=60 * minutes + 60)
        return [row for row in super().executed(package) if not any(_TESTS.intersection(end.replace("/", ".").split(".")) for end in row[:2])]

    def sources(self, package: Package) -> dict[str, bytes]:
        """The modules' files, their own tests left out."""
        return {file: source for file, source in super().sources(package).items() if not _TESTS.intersection(file.split("/"))}
