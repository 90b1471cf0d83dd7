import { findCommunities } from '../shared/kernels/communities.js';
import { task } from '../shared/worker-task.js';

/** Finds the communities of a graph. */
export default task<'communities'>(({ edges, nodes, options }) => findCommunities(edges, nodes, options));
