// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.FelixConfiguration;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The arguments {@code KIND NAME...} of resource commands. */
final class ResourceNames {
  static final String KIND = "kind";
  static final String NAME = "name";

  private static final Logger LOG = LoggerFactory.getLogger(ResourceNames.class);

  /** Kinds that people name; blocks and the like are too many to offer. */
  private static final List<String> OFFERED =
      List.of(
          IpPool.KIND,
          Node.KIND,
          BgpPeer.KIND,
          BgpFilter.KIND,
          BgpConfiguration.KIND,
          FelixConfiguration.KIND);

  private ResourceNames() {}

  /** What is named by arguments or by the file; empty when nothing is. */
  static List<Key> keys(Invocation invocation) throws CommandException {
    List<Key> keys = new ArrayList<>();
    boolean file = invocation.value(ResourceInput.FILE).isPresent();
    boolean named = invocation.value(KIND).isPresent();
    if (file && named) {
      throw new CommandException("both a file and a kind (expected: KIND NAME, or -f FILE)", 2);
    }
    if (file) {
      List<String> problems = new ArrayList<>();
      Draft.of(YamlReader.read(ResourceInput.read(invocation)), problems)
          .forEach(draft -> keys.add(draft.resource().key()));
      if (!problems.isEmpty()) {
        throw new CommandException("not valid\n  " + String.join("\n  ", problems));
      }
    } else if (named) {
      String kind = Kinds.find(invocation.argument(KIND));
      invocation.values(NAME).forEach(name -> keys.add(key(kind, name)));
    }
    return keys;
  }

  static List<String> complete(Store store, String argument) {
    if (argument.equals(KIND)) {
      return Kinds.names();
    }
    List<String> names = new ArrayList<>();
    if (argument.equals(NAME)) {
      try {
        for (String kind : OFFERED) {
          store.list(kind).entries().forEach(entry -> names.add(entry.key().name()));
        }
      } catch (StoreException e) {
        LOG.debug("Completion without the store", e);
      }
    }
    return names;
  }

  private static Key key(String kind, String name) {
    int slash = name.indexOf('/');
    return slash < 0
        ? Key.of(kind, name)
        : new Key(kind, name.substring(0, slash), name.substring(slash + 1));
  }
}
