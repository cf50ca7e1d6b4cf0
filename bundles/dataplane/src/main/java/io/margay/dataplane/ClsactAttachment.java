// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.Errno;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.TrafficMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * By a clsact qdisc, which every kernel since 4.5 has. Our filters have a priority and a name of
 * ours. The qdisc itself stays: somebody else may use it, and without filters it does nothing.
 */
final class ClsactAttachment implements BpfAttachment {
  static final int PRIORITY = 9800;
  private static final String PREFIX = "margay/";
  private static final String CLSACT = "clsact";

  private final NetlinkSocket socket;
  private final LinkTable links;

  ClsactAttachment(NetlinkSocket socket, LinkTable links) {
    this.socket = socket;
    this.links = links;
  }

  @Override
  public OptionalInt running(BpfProgram.Key key, int index) throws NetlinkException {
    Optional<TrafficMessage> filter = find(key, index);
    return filter.isPresent() ? filter.get().programId() : OptionalInt.empty();
  }

  @Override
  public void attach(BpfProgram.Key key, int index, BpfProgramFd program) throws NetlinkException {
    List<TrafficMessage> filters = filters(index, key.hook());
    Optional<TrafficMessage> before = named(filters, key);
    if (before.isEmpty()) {
      addQdisc(index);
    }
    // A filter with the handle of the old one takes its place in one step.
    int handle = before.isPresent() ? before.get().handle() : freeHandle(filters);
    TrafficMessage filter = TrafficMessage.program(index, parent(key.hook()), PRIORITY, handle);
    socket.execute(Request.replace(filter.withProgram(program, PREFIX + key.name())));
  }

  private void addQdisc(int index) throws NetlinkException {
    Optional<NetlinkException> refusal =
        socket.batch(List.of(Request.add(TrafficMessage.clsact(index)))).get(0);
    if (refusal.isPresent() && refusal.get().number() != Errno.EEXIST) {
      throw refusal.get();
    }
  }

  @Override
  public void detach(BpfProgram.Key key, int index) throws NetlinkException {
    Optional<TrafficMessage> filter = find(key, index);
    if (filter.isPresent()) {
      socket.execute(Request.delete(filter.get()));
    }
  }

  @Override
  public Collection<BpfProgram.Key> attached() throws NetlinkException {
    List<BpfProgram.Key> keys = new ArrayList<>();
    for (TrafficMessage qdisc : socket.qdiscs()) {
      if (!qdisc.kind().equals(CLSACT)) {
        continue;
      }
      for (Hook hook : Hook.values()) {
        String link = links.name(qdisc.index());
        for (TrafficMessage filter : filters(qdisc.index(), hook)) {
          name(filter).ifPresent(name -> keys.add(new BpfProgram.Key(link, hook, name)));
        }
      }
    }
    return keys;
  }

  private Optional<TrafficMessage> find(BpfProgram.Key key, int index) throws NetlinkException {
    return named(filters(index, key.hook()), key);
  }

  private static Optional<TrafficMessage> named(List<TrafficMessage> all, BpfProgram.Key key) {
    return all.stream().filter(f -> name(f).equals(Optional.of(key.name()))).findFirst();
  }

  /** Filters of our priority on one side of a link, those of others among them. */
  private List<TrafficMessage> filters(int index, Hook hook) throws NetlinkException {
    return socket.filters(index, parent(hook)).stream()
        .filter(f -> f.priority() == PRIORITY)
        .toList();
  }

  private static Optional<String> name(TrafficMessage filter) {
    return filter
        .programName()
        .filter(name -> name.startsWith(PREFIX))
        .map(name -> name.substring(PREFIX.length()));
  }

  private static int freeHandle(List<TrafficMessage> filters) {
    int handle = 1;
    while (isTaken(filters, handle)) {
      handle++;
    }
    return handle;
  }

  private static boolean isTaken(List<TrafficMessage> filters, int handle) {
    return filters.stream().anyMatch(f -> f.handle() == handle);
  }

  private static int parent(Hook hook) {
    return hook == Hook.INGRESS ? TrafficMessage.INGRESS : TrafficMessage.EGRESS;
  }
}
