// SPDX-License-Identifier: Apache-2.0

// Calls one method of a gRPC service on a unix socket: JSON on standard input, JSON on standard output.
//
// usage: cri-call SOCKET DESCRIPTORS SERVICE METHOD
//
// DESCRIPTORS is what `protoc --descriptor_set_out` made of the service's file.
package main

import (
	"context"
	"fmt"
	"io/ioutil"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: cri-call SOCKET DESCRIPTORS SERVICE METHOD")
		os.Exit(64)
	}
	answer, err := call(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(answer))
}

func call(socket, descriptors, service, method string) ([]byte, error) {
	rpc, err := find(descriptors, service, method)
	if err != nil {
		return nil, err
	}
	input, err := ioutil.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	request, response := dynamicpb.NewMessage(rpc.Input()), dynamicpb.NewMessage(rpc.Output())
	if err := protojson.Unmarshal(input, request); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	connection, err := grpc.DialContext(ctx, "unix://"+socket, grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	name := "/" + service + "/" + method
	if err := connection.Invoke(ctx, name, request, response, grpc.ForceCodec(codec{})); err != nil {
		return nil, err
	}
	return protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(response)
}

// The codec that gRPC brings in Debian 12 knows generated messages only.
type codec struct{}

func (codec) Marshal(message interface{}) ([]byte, error) {
	return proto.Marshal(message.(proto.Message))
}

func (codec) Unmarshal(bytes []byte, message interface{}) error {
	return proto.Unmarshal(bytes, message.(proto.Message))
}

func (codec) Name() string { return "proto" }

func find(descriptors, service, method string) (protoreflect.MethodDescriptor, error) {
	bytes, err := ioutil.ReadFile(descriptors)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(bytes, set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	descriptor, err := files.FindDescriptorByName(protoreflect.FullName(service + "." + method))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", service, method, err)
	}
	return descriptor.(protoreflect.MethodDescriptor), nil
}
