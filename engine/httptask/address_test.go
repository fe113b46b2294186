package httptask

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "172.32.0.1": true, "100.128.0.1": true,
		"2606:4700::1111": true, "::ffff:1.1.1.1": true, "64:ff9b::1.1.1.1": true,
		"127.0.0.1": false, "127.255.0.9": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "64:ff9b::10.0.0.1": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "::127.0.0.1": false,
	} {
		require.Equal(t, want, new(Handler).allowed(netip.MustParseAddr(address)), address)
	}
	h := &Handler{Allow: prefixes("127.0.0.1/32", "fe80::/10")}
	for address, want := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "127.0.0.2": false, "fe80::1%lo": true, "10.0.0.1": false, "1.1.1.1": true} {
		require.Equal(t, want, h.allowed(netip.MustParseAddr(address)), address)
	}
	require.ErrorIs(t, h.control("tcp", "no address", nil), errAddress)
}
