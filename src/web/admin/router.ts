import { createRouter, createWebHistory } from 'vue-router'

/** Each page is its own chunk; what is open in a drawer lives in the query, so that a link shows the same thing. */
export const router = createRouter({
  history: createWebHistory('/admin/'),
  routes: [
    { path: '/', name: 'overview', component: () => import('./pages/OverviewPage.vue') },
    { path: '/calendar', name: 'calendar', component: () => import('./pages/CalendarPage.vue') },
    { path: '/cadence', name: 'cadence', component: () => import('./pages/CadencePage.vue') },
    { path: '/customers', name: 'customers', component: () => import('./pages/CustomersPage.vue') },
    { path: '/ways', name: 'ways', component: () => import('./pages/WaysPage.vue') },
    { path: '/deliveries', name: 'deliveries', component: () => import('./pages/DeliveriesPage.vue') },
    { path: '/campaigns', name: 'campaigns', component: () => import('./pages/CampaignsPage.vue') },
    { path: '/experiments', name: 'experiments', component: () => import('./pages/ExperimentsPage.vue') },
    { path: '/games', name: 'games', component: () => import('./pages/GamesPage.vue') },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue') },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})
