"""The host's apt configuration says where Debian's packages come from; no password passes."""

from __future__ import annotations

from build_config.machine.archive import Archive, keep_acquire, parse_index_targets


def test_mirrors_of_a_debian_host_are_used() -> None:
    text = (
        "Debian|Debian|http://mirror.example/debian/\n"
        "Debian|Debian|http://second.example/debian/\n"
        "Debian|Debian-Security|https://mirror.example/security/\n"
        "Docker|Docker CE|https://download.docker.com/linux/debian/\n"
    )
    assert parse_index_targets(text) == Archive(
        main="http://mirror.example/debian", security="https://mirror.example/security"
    )


def test_other_hosts_get_debians_own_archive() -> None:
    assert parse_index_targets("Ubuntu|Ubuntu|http://archive.ubuntu.com/ubuntu/\n") == Archive()
    assert parse_index_targets("") == Archive()
    assert parse_index_targets("$(ORIGIN)|$(LABEL)|http://deb.debian.org/debian/\n") == Archive()


def test_a_mirror_with_a_password_in_its_address_or_on_this_disk_is_not_used() -> None:
    text = (
        "Debian|Debian|https://me:secret@mirror.example/debian/\nDebian|Debian|file:/srv/debian/\n"
    )
    assert parse_index_targets(text) == Archive()


def test_sources_hold_the_suite_its_updates_and_its_security_fixes() -> None:
    assert Archive().sources("bookworm") == (
        "deb http://deb.debian.org/debian bookworm main",
        "deb http://deb.debian.org/debian bookworm-updates main",
        "deb http://deb.debian.org/debian-security bookworm-security main",
    )


def test_of_apts_settings_only_the_way_to_the_archive_is_kept() -> None:
    dump = (
        'APT::Architecture "amd64";\n'
        'Acquire "";\n'
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::IndexTargets::deb::DEP-11::MetaKey "x";\n'
        'DPkg::Post-Invoke:: "rm -rf /";\n'
    )
    assert keep_acquire(dump) == (
        'Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::Check-Valid-Until "false";\n'
    )
