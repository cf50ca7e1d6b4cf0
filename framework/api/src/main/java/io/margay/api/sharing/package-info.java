// SPDX-License-Identifier: Apache-2.0
/** Route sharing: who else knows our blocks, and what we learn from them. */
@Export
@Version("1.0.0")
package io.margay.api.sharing;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
