import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import { token } from './hub'
import './ui/tokens.css'

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('./pages/SignIn.vue'), meta: { title: '登录' } },
    { path: '/portal', component: () => import('./pages/Home.vue'), meta: { title: '我的事' } },
    { path: '/portal/form', component: () => import('./pages/Form.vue'), meta: { title: '填一张表' } },
    { path: '/portal/case/:id', component: () => import('./pages/Case.vue'), props: true, meta: { title: '办理进度' } },
    { path: '/portal/reads', component: () => import('./pages/Reads.vue'), meta: { title: '谁看过我的信息' } },
    { path: '/portal/mine', component: () => import('./pages/Mine.vue'), meta: { title: '信息与授权' } },
    { path: '/:rest(.*)', redirect: '/' }
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 }
})
router.beforeEach((to) => (to.path === '/' || token.value ? true : { path: '/', query: { to: to.fullPath } }))
router.afterEach((to) => { document.title = `${String(to.meta.title ?? '')}，退役军人服务“一件事”` })
document.documentElement.dataset.size = localStorage.getItem('size') ?? 'standard'
createApp(App).use(router).mount('#app')
