// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Output;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;

/** Reads whole kinds for a command; a document that cannot be read is named and left out. */
public final class StoredResources {
  /** A resource as stored. */
  record Stored<R>(R resource, Revision revision) {}

  @FunctionalInterface
  public interface Parser<R> {
    R parse(byte[] json) throws InvalidResourceException;
  }

  private final Store store;
  private final Output output;

  public StoredResources(Store store, Output output) {
    this.store = store;
    this.output = output;
  }

  <R extends Resource> List<Stored<R>> list(String kind, Parser<R> parser) throws CommandException {
    List<Stored<R>> resources = new ArrayList<>();
    try {
      for (Entry entry : store.list(kind).entries()) {
        try {
          resources.add(new Stored<>(parser.parse(entry.json()), entry.revision()));
        } catch (InvalidResourceException e) {
          output.message("left out: " + e.getMessage());
        }
      }
    } catch (StoreException e) {
      throw new CommandException("the store cannot be read: " + e.getMessage(), e);
    }
    return resources;
  }

  public <R extends Resource> List<R> values(String kind, Parser<R> parser)
      throws CommandException {
    return list(kind, parser).stream().map(Stored::resource).toList();
  }
}
