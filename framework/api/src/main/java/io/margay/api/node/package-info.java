// SPDX-License-Identifier: Apache-2.0
/** What an agent tells its bundles about the node it runs on. */
@Export
@Version("1.0.0")
package io.margay.api.node;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
