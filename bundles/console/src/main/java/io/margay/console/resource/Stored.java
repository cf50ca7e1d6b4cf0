// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Json;
import io.margay.api.resource.Resource;
import io.margay.api.resource.Resources;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what is in the store; documents that are not valid are left out, as by every reader. */
final class Stored {
  private static final Logger LOG = LoggerFactory.getLogger(Stored.class);

  private Stored() {}

  static List<IpPool> pools(Store store) throws StoreException {
    return all(store, IpPool.KIND, IpPool.class);
  }

  static List<IpamBlock> blocks(Store store) throws StoreException {
    return all(store, IpamBlock.KIND, IpamBlock.class);
  }

  /** The document, valid or not; without fields when it is not even JSON. */
  static Map<String, Object> document(Entry entry) {
    try {
      return Json.parseObject(entry.json());
    } catch (InvalidResourceException e) {
      LOG.debug("Stored document not readable key={}", entry.key(), e);
      return Map.of();
    }
  }

  static <R extends Resource> Optional<R> resource(Entry entry, Class<R> type) {
    try {
      return Optional.of(type.cast(Resources.parse(entry.key().kind(), entry.json())));
    } catch (InvalidResourceException e) {
      LOG.debug("Stored resource not valid key={}", entry.key(), e);
      return Optional.empty();
    }
  }

  private static <R extends Resource> List<R> all(Store store, String kind, Class<R> type)
      throws StoreException {
    List<R> resources = new ArrayList<>();
    store.list(kind).entries().forEach(entry -> resource(entry, type).ifPresent(resources::add));
    return resources;
  }
}
