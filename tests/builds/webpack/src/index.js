import '../../shared/page.js';
