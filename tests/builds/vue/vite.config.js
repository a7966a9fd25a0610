import vue from '@vitejs/plugin-vue';

const isCustomElement = (tag) => tag === 'canary-rollout';

export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
