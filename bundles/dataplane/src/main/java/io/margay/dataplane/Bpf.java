// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.dataplane.Encoder.NoSuchLinkException;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The part of {@link NetlinkKernel} that is BPF. On the kernel thread alone. */
final class Bpf {
  private final BpfPins pins;
  private final BpfMaps maps;
  private final BpfPrograms programs;
  private final BooleanSupplier hasTcx;
  private final NetlinkSocket socket;
  private final LinkTable links;
  private BpfAttachment attachment;

  /**
   * Opens nothing yet.
   *
   * @param folder where the node's own BPF file system is, or will be mounted
   * @param hasTcx whether programs are attached by TCX; asked when there is a program
   */
  Bpf(Path folder, BooleanSupplier hasTcx, NetlinkSocket socket, LinkTable links) {
    this.pins = new BpfPins(folder);
    this.maps = new BpfMaps(pins);
    this.programs = new BpfPrograms(pins, links, this::attachment);
    this.hasTcx = hasTcx;
    this.socket = socket;
    this.links = links;
  }

  static boolean isBpf(Kind kind) {
    return kind == Kind.BPF_MAP || kind == Kind.BPF_MAP_ENTRY || kind == Kind.BPF_PROGRAM;
  }

  void read(Kind kind, Collection<Object> keys, Consumer<Found> sink) throws DataplaneException {
    if (!pins.isMounted()) {
      return;
    }
    try {
      switch (kind) {
        case BPF_MAP -> maps.read(sink);
        case BPF_MAP_ENTRY -> maps.readEntries(keys, sink);
        case BPF_PROGRAM -> programs.read(sink);
        default -> throw new IllegalArgumentException(kind + " (expected: a kind of BPF)");
      }
    } catch (NetlinkException e) {
      throw new DataplaneException(e.getMessage(), e.errno(), e);
    } catch (IOException e) {
      throw new DataplaneException("read BPF pins: " + e, "", e);
    }
  }

  Map<Integer, Refusal> write(List<Write> writes) {
    if (writes.get(0).object().kind() == Kind.BPF_MAP_ENTRY) {
      return maps.writeEntries(writes);
    }
    Map<Integer, Refusal> refusals = new HashMap<>();
    for (int i = 0; i < writes.size(); i++) {
      KernelObject object = writes.get(i).object();
      try {
        pins.mount();
        if (object instanceof BpfMap) {
          maps.write(writes.get(i));
        } else {
          programs.write(writes.get(i));
        }
      } catch (NetlinkException e) {
        refusals.put(i, refusal(object, e));
      } catch (NoSuchLinkException e) {
        refusals.put(i, Encoder.refusal(writes.get(i), e));
      } catch (IOException e) {
        refusals.put(i, new Refusal("EIO", object + ": EIO (" + e + ")"));
      }
    }
    return refusals;
  }

  /** What the counters of these maps have counted, by {@code map.counter}. */
  Map<String, Long> counters(Collection<BpfMap> of) throws DataplaneException {
    if (!pins.isMounted()) {
      return Map.of();
    }
    try {
      return maps.counters(of);
    } catch (NetlinkException e) {
      throw new DataplaneException(e.getMessage(), e.errno(), e);
    } catch (IOException e) {
      throw new DataplaneException("read BPF counters: " + e, "", e);
    }
  }

  static Refusal refusal(KernelObject object, NetlinkException e) {
    return new Refusal(e.errno(), object + ": " + e.getMessage());
  }

  private BpfAttachment attachment() {
    if (attachment == null) {
      attachment =
          hasTcx.getAsBoolean() ? new TcxAttachment(pins) : new ClsactAttachment(socket, links);
    }
    return attachment;
  }
}
