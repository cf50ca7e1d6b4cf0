// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.store.Key;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Optional;

/**
 * What applying one resource comes to.
 *
 * @param verb created, configured or unchanged
 * @param write empty when unchanged
 * @param fields what changes of a resource that is there, such as {@code spec.natOutgoing: false ->
 *     true}
 */
record Change(Key key, String verb, Optional<Write> write, List<String> fields) {}
