// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The container runtime interface of a containerd, as a kubelet calls it. */
final class Cri implements AutoCloseable {
  private static final String RUNTIME = "runtime.v1.RuntimeService";

  private final Containerd containerd;
  private final String caller = GoTool.build("cri-call");
  private final Path descriptors = Path.of("target", "go", "cri.pb").toAbsolutePath();

  /** Returns when the runtime knows the image. */
  Cri(Containerd containerd) {
    this.containerd = containerd;
    String sources = "--proto_path=" + GoTool.SOURCES.resolve("cri-call");
    Shell.run("protoc", sources, "--descriptor_set_out=" + descriptors, "cri.proto").orFail();
    String image = "{'image':{'image':'" + BusyboxImage.NAME + "'}}";
    Lab.await(
        "the runtime has heard of the image",
        () -> call("runtime.v1.ImageService", "ImageStatus", image).orFail().contains("sha256:"));
  }

  /** One call; its output is JSON, or what the runtime says of the error. */
  Result call(String service, String method, String json) {
    String[] command = {
      caller, containerd.socket().toString(), descriptors.toString(), service, method
    };
    return Shell.run(Map.of(), json.replace('\'', '"'), command);
  }

  private JsonObject runtime(String method, String json) {
    return JsonParser.parseString(call(RUNTIME, method, json).orFail()).getAsJsonObject();
  }

  /** Why the runtime would start no pod; empty when it would. */
  String networkTrouble() {
    for (JsonElement element :
        runtime("Status", "{}").getAsJsonObject("status").getAsJsonArray("conditions")) {
      JsonObject condition = element.getAsJsonObject();
      if (condition.get("type").getAsString().equals("NetworkReady")) {
        return condition.get("status").getAsBoolean() ? "" : condition.get("message").getAsString();
      }
    }
    throw new AssertionError("no condition NetworkReady");
  }

  private String config(String pod) {
    return "{'metadata':{'name':'%1$s','uid':'%1$s','namespace':'default'},'hostname':'%1$s','linux':{'cgroup_parent':'/%2$s'}}"
        .formatted(pod, containerd.cgroup());
  }

  /** RunPodSandbox, which may fail. */
  Result tryPod(String pod) {
    return call(RUNTIME, "RunPodSandbox", "{'config':" + config(pod) + "}");
  }

  /** RunPodSandbox; the pod's id. */
  String runPod(String pod) {
    return id(tryPod(pod).orFail(), "podSandboxId");
  }

  /** A container in a pod, that sleeps; its id. */
  String runContainer(String sandbox, String pod) {
    String request =
        "{'pod_sandbox_id':'%s','config':{'metadata':{'name':'main'},'image':{'image':'%s'}},'sandbox_config':%s}"
            .formatted(sandbox, BusyboxImage.NAME, config(pod));
    String container = id(call(RUNTIME, "CreateContainer", request).orFail(), "containerId");
    runtime("StartContainer", "{'container_id':'" + container + "'}");
    return container;
  }

  /** ExecSync of a command of busybox: its exit status and standard output. */
  Result exec(String container, String... words) {
    StringBuilder command = new StringBuilder("'/bin/busybox'");
    for (String word : words) {
      command.append(",'").append(word).append("'");
    }
    JsonObject answer =
        runtime(
            "ExecSync",
            "{'container_id':'" + container + "','cmd':[" + command + "],'timeout':60}");
    byte[] output = Base64.getDecoder().decode(answer.get("stdout").getAsString());
    return new Result(
        answer.get("exitCode").getAsInt(), new String(output, StandardCharsets.UTF_8));
  }

  boolean reaches(String container, String address) {
    return exec(container, "ping", "-c1", "-W2", address).exitCode() == 0;
  }

  /** What the runtime says a pod's addresses are, the first one first. */
  List<String> addresses(String sandbox) {
    JsonObject network = status(sandbox).getAsJsonObject("status").getAsJsonObject("network");
    return Stream.concat(
            Stream.of(network),
            network.getAsJsonArray("additionalIps").asList().stream()
                .map(JsonElement::getAsJsonObject))
        .map(ip -> ip.get("ip").getAsString())
        .toList();
  }

  /** Path of the network namespace of a pod. */
  String netns(String sandbox) {
    String info = status(sandbox).getAsJsonObject("info").get("info").getAsString();
    for (JsonElement element :
        JsonParser.parseString(info)
            .getAsJsonObject()
            .getAsJsonObject("runtimeSpec")
            .getAsJsonObject("linux")
            .getAsJsonArray("namespaces")) {
      JsonObject namespace = element.getAsJsonObject();
      if (namespace.get("type").getAsString().equals("network")) {
        return namespace.get("path").getAsString();
      }
    }
    throw new AssertionError(info);
  }

  private JsonObject status(String sandbox) {
    return runtime("PodSandboxStatus", "{'pod_sandbox_id':'" + sandbox + "','verbose':true}");
  }

  void stopPod(String sandbox) {
    runtime("StopPodSandbox", "{'pod_sandbox_id':'" + sandbox + "'}");
  }

  void removePod(String sandbox) {
    runtime("RemovePodSandbox", "{'pod_sandbox_id':'" + sandbox + "'}");
  }

  private static String id(String answer, String member) {
    return JsonParser.parseString(answer).getAsJsonObject().get(member).getAsString();
  }

  /** Stops and removes all pods. */
  @Override
  public void close() {
    for (JsonElement item : runtime("ListPodSandbox", "{}").getAsJsonArray("items")) {
      String sandbox = item.getAsJsonObject().get("id").getAsString();
      stopPod(sandbox);
      removePod(sandbox);
    }
  }
}
