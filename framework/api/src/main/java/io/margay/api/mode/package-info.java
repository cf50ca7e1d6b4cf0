// SPDX-License-Identifier: Apache-2.0
/** What a vendor implements: a routing mode is a pure function from a view to kernel objects. */
@Export
@Version("1.1.0")
package io.margay.api.mode;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
