// SPDX-License-Identifier: Apache-2.0

// Calls a network as runtimes do that use the CNI project's library, with its cache.
//
// usage: libcni-call CONFLIST BIN_DIR CACHE_DIR VERB CONTAINER NETNS
//
// The library of Debian 12 has no function for GC and STATUS, and knows versions up to 1.0.0. These two are executed by its invoke
// package with the list's plugin; their configuration comes on standard input.
package main

import (
	"context"
	"fmt"
	"io/ioutil"
	"os"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/invoke"
)

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "usage: libcni-call CONFLIST BIN_DIR CACHE_DIR VERB CONTAINER NETNS")
		os.Exit(64)
	}
	if err := call(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func call(conflist, bin, cache, verb, container, netns string) error {
	list, err := libcni.ConfListFromFile(conflist)
	if err != nil {
		return err
	}
	ctx := context.Background()
	cni := libcni.NewCNIConfigWithCacheDir([]string{bin}, cache, nil)
	runtime := &libcni.RuntimeConf{ContainerID: container, NetNS: netns, IfName: "eth0"}
	switch verb {
	case "ADD":
		result, err := cni.AddNetworkList(ctx, list, runtime)
		if err != nil {
			return err
		}
		return result.Print()
	case "CHECK":
		return cni.CheckNetworkList(ctx, list, runtime)
	case "DEL":
		return cni.DelNetworkList(ctx, list, runtime)
	case "VALIDATE":
		_, err := cni.ValidateNetworkList(ctx, list)
		return err
	case "GC", "STATUS":
		config, err := ioutil.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		plugin, err := invoke.FindInPath(list.Plugins[0].Network.Type, []string{bin})
		if err != nil {
			return err
		}
		return invoke.ExecPluginWithoutResult(ctx, plugin, config, &invoke.Args{Command: verb, Path: bin}, nil)
	}
	return fmt.Errorf("VERB: %s (expected: ADD, CHECK, DEL, VALIDATE, GC or STATUS)", verb)
}
