//go:build tools

// Package testbed pins prometheus-operator for the test bed.
package testbed

import _ "github.com/prometheus-operator/prometheus-operator/cmd/operator"
