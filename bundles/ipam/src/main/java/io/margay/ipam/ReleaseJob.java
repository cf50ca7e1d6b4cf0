// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.IpamException;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Takes addresses back from a handle, and drops the handle when it holds no more. */
final class ReleaseJob extends Job<Integer> {
  /** Which of the handle's addresses to take back. */
  interface Selection {
    Selection ALL = (block, address) -> true;

    /** Takes back nothing; puts the counts of the handle right. */
    Selection NONE = (block, address) -> false;

    boolean takes(IpamBlock block, InetAddress address);
  }

  /** The addresses that were given to their holder at these sequence numbers of their blocks. */
  record AsGiven(Map<InetAddress, Long> sequences) implements Selection {
    AsGiven {
      sequences = Map.copyOf(sequences);
    }

    @Override
    public boolean takes(IpamBlock block, InetAddress address) {
      return Optional.of(block.sequenceOf(address))
          .equals(Optional.ofNullable(sequences.get(address)));
    }
  }

  private final Selection selection;
  private final Set<Cidr> alsoIn;
  private final List<Write> alsoWrite;
  private final Finder finder;

  // Empty until the handle has been read, and again after somebody else changed it.
  private Optional<Held<IpamHandle>> handle = Optional.empty();
  private boolean handleWritten;

  /** What is left to free, by block. */
  private final Map<Cidr, List<InetAddress>> open = new HashMap<>();

  /** What the handle keeps, by block. */
  private final Map<Cidr, Integer> kept = new HashMap<>();

  private int released;

  /**
   * A release.
   *
   * @param alsoIn blocks in which it may hold addresses beside those that it counts
   */
  ReleaseJob(
      String handleId,
      Selection selection,
      Set<Cidr> alsoIn,
      List<Write> alsoWrite,
      Finder finder) {
    super(handleId);
    this.selection = selection;
    this.alsoIn = Set.copyOf(alsoIn);
    this.alsoWrite = alsoWrite;
    this.finder = finder;
  }

  @Override
  void join(Batch batch) throws IpamException, StoreException {
    if (handle.isEmpty()) {
      begin();
    }
    for (Map.Entry<Cidr, List<InetAddress>> entry : Map.copyOf(open).entrySet()) {
      free(batch, entry.getKey(), entry.getValue());
    }
    if (!handleWritten) {
      writeHandle(batch);
    }
    prepareFurther();
    joinFurther(batch);
  }

  @Override
  void settle() {
    if (handle.isPresent() && open.isEmpty() && handleWritten && isFurtherWritten()) {
      complete(released);
    }
  }

  private void begin() throws IpamException, StoreException {
    Held<IpamHandle> read = readHandle(finder.store());
    open.clear();
    kept.clear();
    Set<Cidr> blocks = new TreeSet<>(read.value().blocks().keySet());
    blocks.addAll(alsoIn);
    for (Cidr cidr : blocks) {
      int counted = read.value().blocks().getOrDefault(cidr, 0);
      List<InetAddress> held = finder.heldBy(handleId(), cidr, counted);
      List<InetAddress> free = selected(finder.blocks().get(cidr).map(Held::value), held);
      if (!free.isEmpty()) {
        open.put(cidr, free);
      }
      if (held.size() > free.size()) {
        kept.put(cidr, held.size() - free.size());
      }
    }
    handle = Optional.of(read);
    handleWritten =
        read.value().blocks().equals(kept)
                && !read.revision().equals(Revision.NONE)
                && !kept.isEmpty()
            || read.revision().equals(Revision.NONE) && kept.isEmpty();
  }

  private void free(Batch batch, Cidr cidr, List<InetAddress> addresses) throws StoreException {
    Optional<IpamBlock> now = batch.block(cidr);
    List<InetAddress> held = now.map(b -> b.addressesOf(handleId())).orElse(List.of());
    boolean isThere = selected(now, held).containsAll(addresses);
    if (!isThere) {
      handle = Optional.empty(); // Somebody else was quicker: look again in the next round.
      return;
    }
    batch.change(
        cidr,
        block -> finder.released(block, addresses),
        () -> {
          open.remove(cidr);
          released += addresses.size();
        });
  }

  private List<InetAddress> selected(Optional<IpamBlock> block, List<InetAddress> addresses) {
    return block.isEmpty()
        ? List.of()
        : addresses.stream().filter(a -> selection.takes(block.get(), a)).toList();
  }

  private void writeHandle(Batch batch) {
    Held<IpamHandle> before = handle.orElse(null);
    if (before == null) {
      return;
    }
    IpamHandle after = before.value();
    Set<Cidr> blocks = new TreeSet<>(before.value().blocks().keySet());
    blocks.addAll(kept.keySet());
    for (Cidr block : blocks) {
      int counted = before.value().blocks().getOrDefault(block, 0);
      after = after.plus(block, kept.getOrDefault(block, 0) - counted);
    }
    Write write =
        kept.isEmpty() ? Write.delete(after.key(), before.unchanged()) : put(before, after);
    batch.after(write, revision -> handleWritten = true, () -> handle = Optional.empty());
  }

  @Override
  List<Write> computeFurther() {
    return alsoWrite;
  }

  @Override
  Optional<Job<?>> undo() {
    return Optional.empty();
  }
}
