import '../shared/page.js';
