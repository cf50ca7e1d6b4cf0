// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.store.Key;
import io.margay.api.store.Write;
import java.util.Optional;

/**
 * What applying one resource comes to.
 *
 * @param verb created, configured or unchanged
 * @param write empty when unchanged
 */
record Change(Key key, String verb, Optional<Write> write) {}
