// SPDX-License-Identifier: Apache-2.0
/** Assignment of pod and tunnel addresses. */
@Export
@Version("1.0.0")
package io.margay.api.ipam;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
