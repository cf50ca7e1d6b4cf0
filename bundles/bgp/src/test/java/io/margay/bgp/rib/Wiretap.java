// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.AttributeTable;
import io.margay.bgp.codec.BgpException;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.codec.UpdateContext;
import io.margay.bgp.codec.UpdateDecoder;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A peer that keeps what it is told, as one that only reads when it likes to. */
final class Wiretap implements Outlet {
  private record Copy(byte[] bytes) implements Outlet.Shared {
    @Override
    public void release() {
      // The collector does.
    }
  }

  private final UpdateDecoder decoder;
  private final Map<Prefix, PathAttributes> told = new TreeMap<>();
  private boolean reads = true;
  private int messages;
  private int endsOfRib;
  private int withdrawals;

  Wiretap(boolean isExternal) {
    decoder =
        new UpdateDecoder(
            new UpdateContext(
                isExternal, 0, true, Set.of(IpFamily.IPV4, IpFamily.IPV6), Set.of(), false),
            new AttributeTable());
  }

  @Override
  public Outlet.Shared share(byte[] bytes, int length) {
    return new Copy(Arrays.copyOf(bytes, length));
  }

  @Override
  public void send(Outlet.Shared bytes, int from, int to) {
    byte[] all = ((Copy) bytes).bytes();
    int at = from;
    try {
      while (at < to) {
        int length = Message.length(all, at, to, Message.MAX_LENGTH);
        if (Message.type(all, at) == Message.UPDATE) {
          read(all, at, at + length);
        }
        at += length;
      }
    } catch (BgpException e) {
      throw new AssertionError("a message that no peer would take", e);
    }
  }

  private void read(byte[] bytes, int from, int to) throws BgpException {
    UpdateDecoder.Action action = decoder.decode(bytes, from, to);
    if (action == UpdateDecoder.Action.END_OF_RIB) {
      endsOfRib++;
      return;
    }
    if (action != UpdateDecoder.Action.ACCEPT) {
      throw new AssertionError(decoder.complaint());
    }
    messages++;
    decoder.withdrawn((h, l, n) -> withdraw(new Prefix(IpFamily.IPV4, h, l, n)));
    decoder.unreached((h, l, n) -> withdraw(new Prefix(decoder.unreachedFamily(), h, l, n)));
    decoder.nlri(
        (h, l, n) -> told.put(new Prefix(IpFamily.IPV4, h, l, n), decoder.nlriAttributes()));
    decoder.reached(
        (h, l, n) ->
            told.put(new Prefix(decoder.reachedFamily(), h, l, n), decoder.reachedAttributes()));
  }

  private void withdraw(Prefix prefix) {
    withdrawals++;
    told.remove(prefix);
  }

  @Override
  public void flush() {
    // Everything has arrived.
  }

  @Override
  public boolean isWritable() {
    return reads;
  }

  void reads(boolean now) {
    reads = now;
  }

  Map<Prefix, PathAttributes> told() {
    return told;
  }

  int messages() {
    return messages;
  }

  int endsOfRib() {
    return endsOfRib;
  }

  int withdrawals() {
    return withdrawals;
  }
}
