// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads resources whose kind is known only at run time. */
public final class Resources {
  private static final Map<String, Function<Fields, Resource>> READERS = new TreeMap<>();

  static {
    READERS.put(BgpConfiguration.KIND, BgpConfiguration::new);
    READERS.put(BgpFilter.KIND, BgpFilter::new);
    READERS.put(BgpPeer.KIND, BgpPeer::new);
    READERS.put(BlockAffinity.KIND, BlockAffinity::new);
    READERS.put(ClusterInformation.KIND, ClusterInformation::new);
    READERS.put(FelixConfiguration.KIND, FelixConfiguration::new);
    READERS.put(IpPool.KIND, IpPool::new);
    READERS.put(IpReservation.KIND, IpReservation::new);
    READERS.put(IpamBlock.KIND, IpamBlock::new);
    READERS.put(IpamConfiguration.KIND, IpamConfiguration::new);
    READERS.put(IpamHandle.KIND, IpamHandle::new);
    READERS.put(Namespace.KIND, Namespace::new);
    READERS.put(Node.KIND, Node::new);
    READERS.put(NodeAnswer.KIND, NodeAnswer::new);
    READERS.put(NodeModeStatus.KIND, NodeModeStatus::new);
    READERS.put(NodeQuery.KIND, NodeQuery::new);
    READERS.put(WorkloadEndpoint.KIND, WorkloadEndpoint::new);
  }

  private Resources() {}

  /** The kinds that are checked field by field; others are {@link Document}s. */
  public static Set<String> kinds() {
    return Collections.unmodifiableSet(READERS.keySet());
  }

  /** Reads a document of this kind; one without a class of its own becomes a {@link Document}. */
  public static Resource parse(String kind, byte[] json) throws InvalidResourceException {
    return read(kind, Json.parseObject(json));
  }

  /** Reads a document of any kind, by its own field {@code kind}. */
  public static Resource parse(byte[] json) throws InvalidResourceException {
    return of(Json.parseObject(json));
  }

  /** Reads a document given as values of {@link Json}, by its own field {@code kind}. */
  public static Resource of(Map<String, Object> document) throws InvalidResourceException {
    return read(document.get("kind") instanceof String kind ? kind : "", document);
  }

  static Function<Fields, Resource> reader(String kind) {
    return READERS.getOrDefault(kind, root -> Document.read(kind, root));
  }

  private static Resource read(String kind, Map<String, Object> document)
      throws InvalidResourceException {
    return Resource.read(kind, document, reader(kind));
  }
}
