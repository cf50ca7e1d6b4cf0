// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Ip;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * ADD and CHECK as the IPAM plugin of another main plugin, such as {@code bridge}: addresses, and
 * neither a link nor a {@code WorkloadEndpoint}. DEL is that of any attachment.
 *
 * <p>Such an address has no {@code network} among its attributes, by which addresses are known
 * whose link this node must have; only DEL and GC release it.
 */
final class AddressVerbs {
  private static final String PLUGIN = "plugin";
  private static final String PLUGIN_NETWORK = "pluginNetwork";
  private static final String CONTAINER = "container";
  private static final String IFNAME = "ifname";

  private final Services services;

  AddressVerbs(Services services) {
    this.services = services;
  }

  IpamResult add(Request request, Deadline deadline, Trace trace) throws CniException {
    NodeAgent agent = services.readyAgent(deadline);
    Ipam ipam = services.ipam().await(deadline);
    Store store = services.store().await(deadline);
    trace.done("services");
    try {
      Addresses addresses = Addresses.of(request, agent.nodeName(), store);
      Map<String, String> labels = Addresses.nodeLabels(store, agent.nodeName());
      AddressRequest asked = forPlugin(addresses.request(request, labels), request);
      try {
        Assignment assignment = ipam.assign(asked, assigned -> List.of());
        trace.done("assign");
        return new IpamResult(
            assignment.addresses().stream().map(Assignment.Assigned::address).toList(),
            request.conf().ipam().routes(),
            request.conf().dns());
      } catch (IpamException e) {
        throw addresses.refusal(e);
      }
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    }
  }

  /** Whether the container still holds what the result lists of our pools. */
  void check(Request request, Deadline deadline) throws CniException {
    JsonObject result =
        request
            .conf()
            .prevResult()
            .orElseThrow(() -> NetConf.invalid("prevResult", "missing", "the result of ADD"));
    Store store = services.store().await(deadline);
    String handle = request.attachment().handle();
    try {
      Set<InetAddress> held = CheckVerb.held(store, handle);
      List<IpPool> pools = Addresses.pools(store);
      List<InetAddress> listed =
          IpamResult.parse(result).addresses().stream()
              .filter(address -> pools.stream().anyMatch(pool -> pool.cidr().contains(address)))
              .toList();
      if (held.isEmpty() || !held.containsAll(listed)) {
        throw new CniException(
            Code.CHECK_FAILED,
            "handle %s has %s (expected: %s)".formatted(handle, texts(held), texts(listed)));
      }
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    }
  }

  private static List<String> texts(Collection<InetAddress> addresses) {
    return addresses.stream().map(Ip::text).sorted().toList();
  }

  /** What main plugins of a network have on a node. */
  static List<Attachment> attached(Store store, String network, String node) throws StoreException {
    List<Attachment> attached = new ArrayList<>();
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      for (Allocation holder : allocations(entry)) {
        Map<String, String> attributes = holder.attributes();
        if (network.equals(attributes.get(PLUGIN_NETWORK))
            && holder.node().equals(Optional.of(node))) {
          attached.add(new Attachment(network, attributes.get(CONTAINER), attributes.get(IFNAME)));
        }
      }
    }
    return attached;
  }

  /** A block that cannot be read is reported by those who watch blocks. */
  private static List<Allocation> allocations(Entry entry) {
    try {
      return List.copyOf(IpamBlock.parse(entry.json()).allocations().values());
    } catch (InvalidResourceException e) {
      return List.of();
    }
  }

  private static AddressRequest forPlugin(AddressRequest asked, Request request) {
    Map<String, String> attributes = new HashMap<>(asked.attributes());
    attributes.remove(Addresses.NETWORK);
    attributes.put(PLUGIN, request.conf().ipam().mainPlugin().orElseThrow());
    attributes.put(PLUGIN_NETWORK, request.conf().name());
    attributes.put(IFNAME, request.ifname());
    return new AddressRequest(
        asked.handle(),
        asked.node(),
        asked.use(),
        asked.families(),
        asked.pools(),
        asked.addresses(),
        asked.namespaceLabels(),
        attributes);
  }
}
