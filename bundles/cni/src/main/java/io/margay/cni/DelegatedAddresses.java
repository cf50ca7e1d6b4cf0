// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.List;
import java.util.Optional;

/**
 * Addresses that another IPAM plugin has given to a pod of ours. The pod's document remembers them,
 * for the plugin may refuse to be asked twice.
 */
final class DelegatedAddresses {
  private static final String PLUGIN = "margay.io/ipam-plugin";

  /** {@code dns} of its result. */
  private static final String DNS = "margay.io/ipam-plugin-dns";

  private DelegatedAddresses() {}

  /**
   * The document with the addresses that an earlier ADD got of the same plugin; empty when there
   * was none.
   */
  static Optional<WorkloadEndpoint> remembered(
      WorkloadEndpoint document, Attachment attachment, String plugin, Store store)
      throws StoreException {
    return new Endpoints(store, document.node())
        .at(document.key())
        .map(Endpoints.Found::endpoint)
        .filter(before -> Endpoints.attachment(before).equals(attachment))
        .filter(before -> before.metadata().annotation(PLUGIN).equals(Optional.of(plugin)))
        .map(
            before ->
                with(document, before.ipNetworks(), plugin, before.metadata().annotation(DNS)));
  }

  /** Asks the plugin. */
  static WorkloadEndpoint assign(
      WorkloadEndpoint document,
      Delegate delegate,
      Attachment attachment,
      List<IpPool> pools,
      Store store,
      Deadline deadline)
      throws CniException, StoreException {
    IpamResult result = delegate.add(attachment, deadline);
    GivenAddresses.check(delegate.type(), result.addresses(), document, pools, store);
    return with(
        document,
        result.addresses().stream().map(Cidr::host).toList(),
        delegate.type(),
        Optional.of(result.dns()).filter(dns -> !dns.isEmpty()).map(JsonObject::toString));
  }

  /** What a result says of name servers: the network's words, or the IPAM plugin's. */
  static JsonObject dns(JsonObject ofNetwork, WorkloadEndpoint endpoint) {
    Optional<String> ofPlugin = endpoint.metadata().annotation(DNS);
    return ofNetwork.isEmpty() && ofPlugin.isPresent()
        ? JsonParser.parseString(ofPlugin.get()).getAsJsonObject()
        : ofNetwork;
  }

  private static WorkloadEndpoint with(
      WorkloadEndpoint document, List<Cidr> addresses, String plugin, Optional<String> dns) {
    return document
        .withIpNetworks(addresses)
        .withAnnotation(WorkloadEndpoint.NO_IPAM_ANNOTATION, Optional.of("true"))
        .withAnnotation(PLUGIN, Optional.of(plugin))
        .withAnnotation(DNS, dns);
  }
}
