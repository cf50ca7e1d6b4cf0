// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.TcxLinkFd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;

/** By TCX: the attachment is an object of its own, and pinned. */
final class TcxAttachment implements BpfAttachment {
  private final BpfPins pins;

  TcxAttachment(BpfPins pins) {
    this.pins = pins;
  }

  @Override
  public OptionalInt running(BpfProgram.Key key, int index) throws NetlinkException {
    Path pin = pin(key);
    if (!Files.exists(pin)) {
      return OptionalInt.empty();
    }
    try (TcxLinkFd link = TcxLinkFd.open(pin)) {
      TcxLinkFd.Info info = link.info();
      return info.index() == index ? OptionalInt.of(info.programId()) : OptionalInt.empty();
    }
  }

  @Override
  public void attach(BpfProgram.Key key, int index, BpfProgramFd program)
      throws NetlinkException, IOException {
    if (running(key, index).isPresent()) {
      try (TcxLinkFd link = TcxLinkFd.open(pin(key))) {
        link.swap(program);
      }
      return;
    }
    detach(key, index);
    try (TcxLinkFd link = TcxLinkFd.attach(program, index, key.hook() == Hook.INGRESS)) {
      link.pin(pin(key));
    }
  }

  @Override
  public void detach(BpfProgram.Key key, int index) throws NetlinkException, IOException {
    Path pin = pin(key);
    if (Files.exists(pin)) {
      try (TcxLinkFd link = TcxLinkFd.open(pin)) {
        link.detach();
      }
      Files.deleteIfExists(pin);
    }
  }

  /** Without its pin an attachment ends. */
  @Override
  public Collection<BpfProgram.Key> attached() {
    return List.of();
  }

  private Path pin(BpfProgram.Key key) {
    return pins.program(key).resolve(BpfPins.LINK_PIN);
  }
}
