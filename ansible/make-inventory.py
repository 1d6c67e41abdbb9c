#!/usr/bin/env python3
"""Prints the inventory of the sites in ../controller/sites/hoan-kiem.json, with documentation addresses (RFC 5737).

    ./make-inventory.py > inventory/hoan-kiem.yml
"""

import json
import pathlib

SITES = pathlib.Path(__file__).resolve().parent.parent / "controller" / "sites" / "hoan-kiem.json"


def text(value):
    """A YAML string in double quotes: JSON's are the same."""
    return json.dumps(value, ensure_ascii=False)


def main():
    data = json.loads(SITES.read_text(encoding="utf-8"))
    print("---")
    print("# Made by make-inventory.py from controller/sites/hoan-kiem.json. The addresses are of documentation (RFC 5737):")
    print("# put yours in.")
    print("all:")
    print("  children:")
    for group in ("controller", "monitoring"):
        print(f"    {group}:\n      hosts:\n        hk-controller:")
        if group == "controller":
            print("          ansible_host: 198.51.100.10")
    print("    access_points:\n      children:")
    for zone in data["zones"]:
        print(f"        zone_{zone['id'].replace('-', '_')}:")
        print("          hosts:")
        for number, site in enumerate(data["sites"], start=1):
            if site["zone"] != zone["id"]:
                continue
            print(f"            {site['id']}:")
            print(f"              ansible_host: 203.0.113.{number}")
            print(f"              site_name_vi: {text(site['name']['vi'])}")
            print(f"              site_name_en: {text(site['name']['en'])}")
            print(f"              site_zone: {site['zone']}")
            print(f"              site_lat: {site['lat']}")
            print(f"              site_lon: {site['lon']}")


if __name__ == "__main__":
    main()
