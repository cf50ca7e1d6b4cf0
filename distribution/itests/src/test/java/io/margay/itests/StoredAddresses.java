// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who holds which addresses, by each of the three kinds of documents that say so.
 *
 * @param blocks address to handle
 * @param handles handle to what it counts in each block
 * @param endpoints container to addresses
 */
record StoredAddresses(
    Map<String, String> blocks,
    Map<String, Map<String, Integer>> handles,
    Map<String, List<String>> endpoints) {
  static StoredAddresses of(Lab lab, String node) {
    StoredAddresses stored = new StoredAddresses(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    lab.documents(node, "ipamblock").forEach(block -> stored.addBlock(spec(block)));
    lab.documents(node, "ipamhandle").forEach(handle -> stored.addHandle(spec(handle)));
    lab.documents(node, "workloadendpoint").forEach(pod -> stored.addEndpoint(spec(pod)));
    return stored;
  }

  /** The addresses that the blocks say a handle has. */
  List<String> of(String handle) {
    return blocks.keySet().stream().filter(a -> blocks.get(a).equals(handle)).sorted().toList();
  }

  private void addBlock(JsonObject spec) {
    List<JsonElement> allocations = spec.getAsJsonArray("allocations").asList();
    for (int ordinal = 0; ordinal < allocations.size(); ordinal++) {
      if (!allocations.get(ordinal).isJsonNull()) {
        JsonElement attributes =
            spec.getAsJsonArray("attributes").get(allocations.get(ordinal).getAsInt());
        String handle = attributes.getAsJsonObject().get("handle_id").getAsString();
        blocks.put(address(spec.get("cidr").getAsString(), ordinal), handle);
      }
    }
  }

  private void addHandle(JsonObject spec) {
    Map<String, Integer> counts = new TreeMap<>();
    spec.getAsJsonObject("block").asMap().forEach((cidr, n) -> counts.put(cidr, n.getAsInt()));
    handles.put(spec.get("handleID").getAsString(), counts);
  }

  private void addEndpoint(JsonObject spec) {
    List<String> addresses = new ArrayList<>();
    for (JsonElement network : spec.getAsJsonArray("ipNetworks")) {
      addresses.add(network.getAsString().replaceAll("/.*", ""));
    }
    endpoints.put(spec.get("containerID").getAsString(), addresses);
  }

  private static JsonObject spec(JsonObject document) {
    return document.getAsJsonObject("spec");
  }

  /** As {@code InetAddress} writes it. */
  private static String address(String cidr, int ordinal) {
    try {
      byte[] base = InetAddress.getByName(cidr.replaceAll("/.*", "")).getAddress();
      byte[] sum = new BigInteger(1, base).add(BigInteger.valueOf(ordinal)).toByteArray();
      byte[] bytes = new byte[base.length];
      int length = Math.min(sum.length, bytes.length);
      System.arraycopy(sum, sum.length - length, bytes, bytes.length - length, length);
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(cidr, e);
    }
  }

  /** One way to write addresses, for comparing. */
  static List<String> canonical(List<String> addresses) {
    return addresses.stream().map(address -> address(address, 0)).sorted().toList();
  }
}
