// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * A pod's network namespace and what a container runtime does with it through {@code margay-cni}.
 *
 * @param netns also the name and the container id of the pod
 * @param state of the agent of its node
 */
record Pod(String netns, Path state) {
  static final String NETWORK = "itests";
  private static final String RELAY = Distribution.HOME.resolve("bin/margay-cni").toString();

  /** What the plugin said: its exit status and the JSON on its standard output. */
  record Answer(int status, String output) {
    JsonObject json() {
      return JsonParser.parseString(output).getAsJsonObject();
    }

    /** Error code of the specification; 0 of a success. */
    int code() {
      return status == 0 ? 0 : json().get("code").getAsInt();
    }

    List<String> addresses() {
      return StreamSupport.stream(json().getAsJsonArray("ips").spliterator(), false)
          .map(ip -> ip.getAsJsonObject().get("address").getAsString().replaceAll("/.*", ""))
          .toList();
    }
  }

  /** Handle of the pod's addresses. */
  String handle() {
    return NETWORK + "." + netns;
  }

  /** ADD that must succeed; the addresses given. */
  List<String> add() {
    Answer answer = call("ADD");
    assertEquals(0, answer.status(), answer.output());
    return answer.addresses();
  }

  /** DEL that must succeed. */
  void del() {
    assertEquals(new Answer(0, ""), call("DEL"));
  }

  Answer call(String verb) {
    return call(verb, Map.of());
  }

  /**
   * Calls the plugin as a runtime does.
   *
   * @param config members of the network configuration beside name, type and version
   */
  Answer call(String verb, Map<String, JsonElement> config) {
    return relay(environment(verb), config(config));
  }

  /** The network configuration. */
  static String config(Map<String, JsonElement> members) {
    JsonObject json = new JsonObject();
    json.addProperty("cniVersion", "1.1.0");
    json.addProperty("name", NETWORK);
    json.addProperty("type", "margay-cni");
    members.forEach(json::add);
    return json.toString();
  }

  Map<String, String> environment(String verb) {
    Map<String, String> environment = new HashMap<>();
    environment.put("CNI_COMMAND", verb);
    environment.put("CNI_CONTAINERID", netns);
    environment.put("CNI_NETNS", "/run/netns/" + netns);
    environment.put("CNI_IFNAME", "eth0");
    environment.put("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=" + netns);
    environment.put("CNI_PATH", Path.of(RELAY).getParent().toString());
    return environment;
  }

  /** Calls the plugin with any environment and input. */
  Answer relay(Map<String, String> environment, String input) {
    Map<String, String> all = new HashMap<>(environment);
    all.putIfAbsent("MARGAY_CNI_SOCKET", state.resolve("run/cni.sock").toString());
    Result result = Shell.run(all, input, RELAY);
    return new Answer(result.exitCode(), result.output());
  }

  /** Addresses of its link, but for link-local ones, as the kernel has them. */
  List<String> addressesInside() {
    return Shell.run("ip", "-n", netns, "-o", "address", "show", "dev", "eth0", "scope", "global")
        .orFail()
        .lines()
        .map(line -> line.split("\\s+")[3])
        .toList();
  }

  /** Whether an address answers to this pod's ping, within 2 s. */
  boolean reaches(String address) {
    return Shell.run("nsenter", "--net=/run/netns/" + netns, "ping", "-nqc1", "-W2", address)
            .exitCode()
        == 0;
  }
}
