package httptask

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errAddress is the error of a connection to an address that is refused. It does not tell the
// address, because the author of a definition is not to learn what a name means inside.
var errAddress = errors.New("the address is not a public one, and is not allowed")

// control refuses connections to addresses that are not allowed. The dialer calls it with the
// address that a name was resolved to, just before it connects.
func (h *Handler) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s %s", errAddress, network, address)
	}
	if !h.allowed(to.Addr()) {
		return errAddress
	}
	return nil
}

func (h *Handler) allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range h.Allow {
		if p.Contains(a) {
			return true
		}
	}
	return public(a)
}

// special are the networks of the IANA's registries of special addresses that are not, or not
// certainly, a host of the public Internet.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// Of IPv6 only this network is given to hosts of the public Internet. Everything else is
// special: loopback, fc00::/7, fe80::/10, multicast and what is reserved.
var unicast6 = netip.MustParsePrefix("2000::/3")

// translated holds IPv4 addresses as seen through NAT64.
var translated = netip.MustParsePrefix("64:ff9b::/96")

func public(a netip.Addr) bool {
	if translated.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.Is6() && !unicast6.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}
