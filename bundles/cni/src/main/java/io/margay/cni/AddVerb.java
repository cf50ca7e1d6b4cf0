// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Assignment.Assigned;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Cidr;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Attaches a container: addresses and document in one write, then the link, then the host routes.
 * Repeated for the same attachment it finds the same addresses and repairs what differs.
 *
 * <p>With another IPAM plugin that one gives the addresses, and the document remembers them.
 *
 * <p>Does not take back what it did when it fails: see {@link Removals}.
 */
final class AddVerb {
  private final Services services;
  private final Consumer<FaultPoint> faults;

  AddVerb(Services services, Consumer<FaultPoint> faults) {
    this.services = services;
    this.faults = faults;
  }

  /**
   * All that must be known before the first change.
   *
   * @param request empty when our IPAM is not to be asked
   * @param delegate to be asked for addresses; empty when the document has them, or is to get them
   *     by the request
   */
  record Prepared(
      NodeAgent agent,
      Ipam ipam,
      WorkloadPlumber plumber,
      Store store,
      Addresses addresses,
      Optional<AddressRequest> request,
      Optional<Delegate> delegate,
      WorkloadEndpoint document) {}

  /** Checks whether and how the request can be served; changes nothing. */
  Prepared prepare(Request request, RawCall call, Deadline deadline, Trace trace)
      throws CniException {
    Namespaces.check(request);
    NodeAgent agent = services.readyAgent(deadline);
    Attachment attachment = request.attachment();
    String hostLink =
        Workload.hostLinkName(
            agent.interfacePrefix(),
            attachment.network(),
            attachment.container(),
            attachment.ifname());
    WorkloadEndpoint document =
        Endpoints.of(request, agent.nodeName(), hostLink)
            .withAnnotation(AttachmentList.SINCE, Optional.of(now()));
    Ipam ipam = services.ipam().await(deadline);
    WorkloadPlumber plumber = services.plumber().await(deadline);
    Store store = services.store().await(deadline);
    trace.done("services");
    try {
      Addresses addresses = Addresses.of(request, agent.nodeName(), store);
      List<InetAddress> given = addresses.wanted().pod().addressesNoIpam();
      Optional<AddressRequest> asked = Optional.empty();
      Optional<Delegate> delegate = Delegate.of(request.conf().ipam(), call);
      if (delegate.isPresent()) {
        delegate.get().executable();
        Optional<WorkloadEndpoint> remembered =
            DelegatedAddresses.remembered(document, attachment, delegate.get().type(), store);
        document = remembered.orElse(document);
        delegate = remembered.isPresent() ? Optional.empty() : delegate;
      } else if (given.isEmpty()) {
        Map<String, String> labels = Addresses.nodeLabels(store, agent.nodeName());
        asked = Optional.of(addresses.request(request, labels));
        document =
            document.withAnnotation(WorkloadEndpoint.POOLS_ASKED_ANNOTATION, addresses.asked());
      } else {
        GivenAddresses.check(GivenAddresses.ANNOTATION, given, document, addresses.pools(), store);
        document =
            document
                .withIpNetworks(given.stream().map(Cidr::host).toList())
                .withAnnotation(WorkloadEndpoint.NO_IPAM_ANNOTATION, Optional.of("true"));
      }
      trace.done("pools");
      return new Prepared(agent, ipam, plumber, store, addresses, asked, delegate, document);
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    }
  }

  CniResult perform(Prepared prepared, Request request, Deadline deadline, Trace trace)
      throws CniException {
    faults.accept(FaultPoint.ADD_BEFORE_ASSIGN);
    WorkloadEndpoint endpoint = assign(prepared, request.attachment(), deadline);
    trace.done("assign");
    faults.accept(FaultPoint.ADD_AFTER_ASSIGN);
    Workload workload = Endpoints.workload(endpoint, prepared.agent().podMtuBytes());
    HostLink link = attach(prepared.plumber(), workload);
    trace.done("attach");
    faults.accept(FaultPoint.ADD_AFTER_ATTACH);
    Kernel.await(prepared.agent().wire(workload.handle(), endpoint), deadline);
    trace.done("wire");
    faults.accept(FaultPoint.ADD_AFTER_WIRE);
    return new CniResult(workload, link, DelegatedAddresses.dns(request.conf().dns(), endpoint));
  }

  private static WorkloadEndpoint assign(
      Prepared prepared, Attachment attachment, Deadline deadline) throws CniException {
    WorkloadEndpoint document = prepared.document();
    try {
      if (prepared.request().isEmpty()) {
        WorkloadEndpoint endpoint =
            prepared.delegate().isEmpty()
                ? document
                : DelegatedAddresses.assign(
                    document,
                    prepared.delegate().get(),
                    attachment,
                    prepared.addresses().pools(),
                    prepared.store(),
                    deadline);
        prepared.store().put(endpoint.key(), endpoint.toJson(), Expected.ANY);
        return endpoint;
      }
      Assignment assignment =
          prepared
              .ipam()
              .assign(
                  prepared.request().get(),
                  assigned -> {
                    WorkloadEndpoint endpoint = withAddresses(document, assigned);
                    return List.of(Write.put(endpoint.key(), endpoint.toJson(), Expected.ANY));
                  });
      return withAddresses(document, assignment);
    } catch (IpamException e) {
      throw prepared.addresses().refusal(e);
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static WorkloadEndpoint withAddresses(WorkloadEndpoint document, Assignment assignment) {
    return document.withIpNetworks(
        assignment.addresses().stream().map(Assigned::address).map(Cidr::host).toList());
  }

  private static HostLink attach(WorkloadPlumber plumber, Workload workload) throws CniException {
    try {
      return plumber.attach(workload);
    } catch (DataplaneException e) {
      throw new CniException(Code.DATAPLANE, e.getMessage(), e);
    }
  }
}
