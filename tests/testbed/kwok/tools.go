//go:build tools

// Package testbed pins kwok, which makes nodes and pods ready without a kubelet.
package testbed

import _ "sigs.k8s.io/kwok/cmd/kwok"
