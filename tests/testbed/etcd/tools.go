//go:build tools

// Package testbed pins etcd for the test bed.
package testbed

import _ "go.etcd.io/etcd/server/v3"
