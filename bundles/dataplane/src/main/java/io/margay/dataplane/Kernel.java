// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.Owner;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The kernel as the reconciler sees it: objects by key, links by name. Everything is called on the
 * {@code kernel} thread and blocks for as long as the kernel takes.
 */
interface Kernel extends AutoCloseable {
  /** How an object is written. */
  enum Verb {
    /** Create; refused with EEXIST when the key is taken. */
    ADD,
    /** Take the place of what has the key, in one step; for a link: change what differs. */
    REPLACE,
    DELETE
  }

  /**
   * An object in the kernel.
   *
   * @param ours whether it carries our mark
   */
  record Found(KernelObject object, boolean ours) {}

  /**
   * A change to make.
   *
   * @param before what the kernel holds under the key, as far as known; null when nothing
   */
  record Write(Verb verb, KernelObject object, Owner owner, KernelObject before) {}

  /** Why a change was not made. */
  record Refusal(String errno, String message) {
    DataplaneException exception() {
      return new DataplaneException(message, errno);
    }
  }

  /** A link's state, as of the last read and the events since. */
  record LinkState(int index, boolean up) {}

  /** What happened to a link by anybody's hand. */
  enum LinkEvent {
    APPEARED,
    VANISHED,
    UP,
    DOWN,
    CHANGED
  }

  /** Receives what happened; called from {@link #drain}, and of links from a read of them too. */
  interface Sink {
    void link(String name, LinkEvent event);

    /**
     * An object was made, changed or deleted, not by {@link #write}.
     *
     * @param byKernel as the consequence of something else, such as a link that went down
     */
    void object(Found found, boolean deleted, boolean byKernel);

    /** A setting of a link, or of all, may have changed. */
    void sysctls(String link);

    /** Something of nftables changed: our table, or chains of others. */
    void nft();

    /** Events were lost: everything must be read again. */
    void lost();

    /** Interfaces, addresses or routes of the underlay changed. */
    void underlay();
  }

  /**
   * Reads all objects of a kind.
   *
   * @param keys the keys somebody is interested in: a kind that cannot be listed is read by these
   */
  void read(Kind kind, Collection<Object> keys, Consumer<Found> sink) throws DataplaneException;

  /**
   * Makes changes to objects of one kind, in this order, many at a time. A refused one does not
   * stop the others. Deleting what is not there succeeds.
   *
   * @return refusals by position in the list; the rest was made
   * @throws DataplaneException when it is unknown how many were made
   */
  Map<Integer, Refusal> write(List<Write> writes) throws DataplaneException;

  /**
   * Puts the table of nftables in the place of the one that is there, in one transaction.
   *
   * @param elements what its sets hold from the first moment; those of other sets are left out
   * @return why not, if it was refused; then everything is as before
   */
  Optional<Refusal> writeTable(NftTable table, List<NftElement> elements) throws DataplaneException;

  /**
   * Deletes a link in the background, for it takes tens of milliseconds.
   *
   * @param done called on the kernel thread, with the refusal if there was one
   */
  void deleteLink(String name, Consumer<Optional<Refusal>> done);

  /** The link of this name, if there is one, as of the last read and the events since. */
  Optional<LinkState> link(String name);

  /**
   * Looks at a link now, for it may be newer than the events that have come.
   *
   * @param found is told of it if it is there, as by {@link #read}
   */
  void lookAtLink(String name, Consumer<Found> found) throws DataplaneException;

  /** Who is told of events; called once, before anything else. */
  void listen(Sink sink);

  /** Tells of what happened since the last call. */
  void drain();

  List<ActualState.Interface> interfaces() throws DataplaneException;

  Map<InetAddress, ActualState.FibResult> lookup(List<InetAddress> addresses)
      throws DataplaneException;

  /** Those of these addresses that a socket has as its own. */
  Set<InetAddress> boundTo(Collection<InetAddress> addresses) throws DataplaneException;

  /** Packets and bytes of these links, by {@code link.counter}. */
  Map<String, Long> counters(Set<String> links) throws DataplaneException;

  /** What programs have counted in these maps, by {@code map.counter}. */
  Map<String, Long> counters(List<BpfMap> maps) throws DataplaneException;

  /** Packets and bytes of the counters in our table, by {@code nft.NAME.packets}. */
  Map<String, Long> tableCounters() throws DataplaneException;

  @Override
  void close();
}
