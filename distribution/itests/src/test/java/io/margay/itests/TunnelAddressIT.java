// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The addresses of tunnel devices: out of a pool, in the Node, and back again. */
class TunnelAddressIT {
  private Lab lab;

  @BeforeEach
  void twoNodes() throws IOException {
    lab = Lab.up(2, "4");
  }

  @AfterEach
  void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void comesFromThePoolAndOutlivesARestart() {
    setMode("ipipMode", "Always");
    Lab.await("node1 has an address", () -> ipip().isPresent());
    String address = ipip().orElseThrow();

    JsonObject holder = holder(address).orElseThrow();
    assertEquals("ipip-tunnel-addr-node1", holder.get("handle_id").getAsString());
    assertEquals(
        "{\"node\":\"node1\",\"type\":\"ipipTunnelAddress\"}",
        holder.getAsJsonObject("secondary").toString());
    Lab.await("tunl0 has it", () -> addresses("tunl0").contains(address + "/32"));

    lab.kill("node1");
    lab.start("node1");

    assertEquals(Optional.of(address), ipip());
    assertTrue(addresses("tunl0").contains(address + "/32"));
    Lab.await("one for each node", () -> lab.documents("node1", "ipamhandle").size() == 2);
  }

  @Test
  void servesAConnectionUntilThatHasEnded() throws IOException {
    setMode("vxlanMode", "Always");
    lab.run("pod", "add", "node2", "web").orFail();
    String[] show = {"ip", "-n", lab.netns("web"), "-4", "-br", "address", "show", "dev", "eth0"};
    String web = Shell.run(show).orFail().split("\\s+")[2].replaceAll("/.*", "");
    Lab.await("node1 has an address", () -> vxlan().isPresent());
    String address = vxlan().orElseThrow();
    Lab.await("node1 reaches web", () -> ping(web));

    try (TcpConnection tcp = TcpConnection.open(lab.netns("node1"), lab.netns("web"), web)) {
      assertEquals(address, tcp.local());
      setMode("vxlanMode", "Never");
      Lab.await("parked", () -> addresses("lo").contains(address + "/32 scope host"));
      Lab.await("no device", () -> !lab.kernel("node1").ip("link").contains("vxlan.calico"));
      tcp.echo();
      assertEquals(Optional.empty(), vxlan());

      lab.kill("node1");
      lab.start("node1");
      tcp.echo();
      assertTrue(holder(address).isPresent());

      tcp.reset();
      Lab.await("no longer parked", () -> !addresses("lo").contains(address));
      Lab.await("given back", () -> holder(address).isEmpty());
    }
    assertEquals("{}", annotations().toString());
  }

  private boolean ping(String address) {
    String[] ping = {"ip", "netns", "exec", lab.netns("node1"), "ping", "-c1", "-W1", address};
    return Shell.run(ping).exitCode() == 0;
  }

  private void setMode(String field, String variant) {
    for (JsonObject pool : lab.documents("node1", "ippool")) {
      pool.getAsJsonObject("spec").addProperty(field, variant);
      lab.client("node1", pool.toString(), "apply", "-f", "-").orFail();
    }
  }

  /** Lines of {@code ip} about the addresses of a link, if there is such a link. */
  private String addresses(String link) {
    return lab.kernel("node1")
        .ip("-4", "-o", "address", "show")
        .lines()
        .filter(line -> line.split("\\s+")[1].equals(link))
        .collect(Collectors.joining("\n"));
  }

  private Optional<String> ipip() {
    JsonObject bgp = node().getAsJsonObject("spec").getAsJsonObject("bgp");
    return Optional.ofNullable(bgp.get("ipv4IPIPTunnelAddr")).map(JsonElement::getAsString);
  }

  private Optional<String> vxlan() {
    JsonElement address = node().getAsJsonObject("spec").get("ipv4VXLANTunnelAddr");
    return Optional.ofNullable(address).map(JsonElement::getAsString);
  }

  private JsonObject annotations() {
    JsonElement annotations = node().getAsJsonObject("metadata").get("annotations");
    return annotations == null ? new JsonObject() : annotations.getAsJsonObject();
  }

  private JsonObject node() {
    return lab.documents("node1", "node").stream()
        .filter(n -> n.getAsJsonObject("metadata").get("name").getAsString().equals("node1"))
        .findFirst()
        .orElseThrow();
  }

  /** Who holds an address, as its block says. */
  private Optional<JsonObject> holder(String address) {
    String handle = StoredAddresses.of(lab, "node1").blocks().get(address);
    return lab.documents("node1", "ipamblock").stream()
        .flatMap(b -> b.getAsJsonObject("spec").getAsJsonArray("attributes").asList().stream())
        .map(JsonElement::getAsJsonObject)
        .filter(a -> a.has("handle_id") && a.get("handle_id").getAsString().equals(handle))
        .findFirst();
  }
}
